"""Looking: values are read in rounds while a screen is in front; a failed one leaves the old."""

from typing import TYPE_CHECKING

from textual import work
from textual.screen import Screen
from textual.timer import Timer

from tui.errors import ApiError, Busy, Unreachable
from tui.session import Session

if TYPE_CHECKING:
    from tui.api import AdminApi


class LookingScreen(Screen[None]):
    """A screen that looks every few seconds while it is in front."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._timer: Timer | None = None

    async def load(self) -> None:
        """Read from `session.api` and show it. Raises ApiError."""
        raise NotImplementedError

    def show_chrome(self) -> None:
        """Say how the line to the server is, and how old the values are."""
        raise NotImplementedError

    def without_server(self) -> None:
        """Show what can be seen of this machine while the server does not answer."""

    @property
    def connected(self) -> "AdminApi":
        """The line to the server; `load`, `fetch`, `detail` and acts run only when there is one.

        Raises:
            Unreachable: there is none yet.
        """
        if self.session.api is None:
            raise Unreachable("There is no connection yet.", "It is tried again by itself.")
        return self.session.api

    def action_refresh(self) -> None:
        """Look now."""
        self._stop()
        self._round()

    @work(exclusive=True, group="round")
    async def _round(self) -> None:
        wait: float = self.session.rate_s
        if self.session.api is not None:
            try:
                await self.session.keep()
                await self.load()
            except ApiError as error:
                self.session.trouble = error
                if isinstance(error, Busy):
                    wait = max(wait, error.retry_after_s)
            else:
                self.session.trouble = None
                self.session.good_at = self.session.now()
        if self.session.trouble is not None:
            self.without_server()
        self.show_chrome()
        if not self.session.is_paused and self.is_current:
            self._timer = self.set_timer(wait, self.action_refresh)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def action_pause(self) -> None:
        """Stop looking, or go on."""
        self.session.is_paused = not self.session.is_paused
        if self.session.is_paused:
            self._stop()
        else:
            self.action_refresh()
        self.show_chrome()

    def action_faster(self, by: int) -> None:
        """Look more or less often."""
        self.session.faster(by)
        self.action_refresh()

    def on_screen_suspend(self) -> None:
        """Do not look while one is elsewhere."""
        self._stop()
