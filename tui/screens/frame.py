"""What every screen of the dashboard is, and how to add one.

A list (users, jobs, keys …) is a `ListScreen` (tui/screens/lists.py):

1. `tui/calls/NAME.py`: one typed function for each route, over `AdminApi.get`, `.act` and `.do`.
2. `tui/screens/NAME.py`: a subclass with `COLUMNS`, `fetch` (a page of rows), `detail` (sections of
   facts about a row) and `acts` (what can be done to it). Filters are `FACETS` (`state:failed`) and
   `TEXT_FACET` (free words), orders are columns with a `sort`. Look at tui/screens/messages.py.
3. A line in tui/sections.py gives it its digit.
4. `tests/tui/screens/test_NAME.py`: routes in a FakeServer, keys through `running(…)`
   (tests/tui/pilot.py), a picture by `snap_compare`.

Anything else is an `AdminScreen`: `body` yields widgets, `load` reads and shows. `load` runs in a
round, every `session.rate_s` seconds while the screen is the one in front; an ApiError that it
raises ends the round, what was shown stays, and the first line says since when. Widgets get the
same values again and write nothing.

Rules: text from the server goes through `shown`/`fitted` (the table and the detail view do that);
a plain letter never destroys (bind acts to Ctrl+letter by `act('NAME')`, or leave them to the
menu `a`); every Act that destroys has a Preview; work is a job of the server, the screen watches.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.timer import Timer

from tui.acts import Act, Outcome
from tui.connect.access import Question
from tui.errors import ApiError, Busy, NotAllowed, Unreachable
from tui.screens import chrome
from tui.session import Session
from tui.widgets.bars import KeyLine, TabLine, TopLine
from tui.widgets.dialogs import AskDialog, ChooseDialog, ConfirmDialog, Preview
from tui.widgets.progress import ProgressDialog

if TYPE_CHECKING:
    from tui.api import AdminApi


class AdminScreen(Screen[None]):
    """A screen that looks every few seconds, and knows acts.

    Subclasses set `NAME` and `TITLE` and write `body` and `load`.
    """

    NAME = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("a", "acts", "Acts"),
        Binding("r", "refresh", "Refresh", show=False),
        Binding("p", "pause", "Pause", show=False),
        Binding("plus,equals_sign", "faster(1)", "Look more often", key_display="+", show=False),
        Binding("minus", "faster(-1)", "Look less often", key_display="-", show=False),
        Binding("y", "copy", "Copy"),
        Binding("e", "export", "Export JSON", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._timer: Timer | None = None

    # What subclasses write

    def body(self) -> ComposeResult:
        """Yield the widgets between the tabs and the keys."""
        raise NotImplementedError

    async def load(self) -> None:
        """Read from `session.api` and show it. Raises ApiError."""
        raise NotImplementedError

    def acts(self) -> Sequence[Act]:
        """Return what can be done here and now, to the row under the cursor."""
        return ()

    def copied(self) -> str:
        """Return what `y` copies; never a secret. Empty: nothing."""
        return ""

    async def exported(self) -> object:
        """Return what `e` writes as JSON; None: nothing to export. Raises ApiError."""
        return None

    def hide_private(self, hides: bool) -> None:
        """Hide names and addresses, or show them again."""

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

    # The frame

    def compose(self) -> ComposeResult:
        """Lay the frame out."""
        yield TopLine()
        yield TabLine()
        with Vertical(id="body"):
            yield from self.body()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the live bindings."""
        self.bindings_updated_signal.subscribe(self, lambda _: self.show_chrome())
        # What is opened while the app ends is mounted with nothing in it.
        if self._is_composed:
            self._come_to_front()

    def on_screen_resume(self) -> None:
        """Look at once when one comes here."""
        # The first time this comes before there is anything to draw on; see on_mount.
        if self._is_composed:
            self._come_to_front()

    def _come_to_front(self) -> None:
        self.hide_private(self.session.hides_private)
        self.show_chrome()
        self.action_refresh()

    def on_screen_suspend(self) -> None:
        """Do not look while one is elsewhere."""
        self._stop()

    @property
    def _is_composed(self) -> bool:
        return bool(self.query(KeyLine))

    def show_chrome(self) -> None:
        """Draw the lines at the top and the bottom, as far as they have changed."""
        if not self._is_composed:
            return
        self.query_one(TopLine).put(*chrome.top(self.session))
        self.query_one(TabLine).put(*chrome.tabs(self.section_name, self.size.width))
        self.query_one(KeyLine).put(chrome.keys(self.active_bindings.values()))

    @property
    def section_name(self) -> str:
        """Whose tab is marked."""
        return self.NAME

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the menu of acts only where there are some."""
        del parameters
        return action != "acts" or type(self).acts is not AdminScreen.acts

    # Looking

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

    def action_back(self) -> None:
        """Leave a detail; a screen of its own has nothing behind it."""

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        if text := self.copied():
            self.app.copy_to_clipboard(text)

    @work(group="export")
    async def action_export(self) -> None:
        """Write what is shown as JSON to a file of one's own."""
        from tui import files  # rarely needed

        try:
            value = await self.exported()
        except ApiError as error:
            self.say(error)
            return
        if value is None:
            return
        try:
            path = files.export(self.section_name, value, now=self.session.now())
        except OSError as error:
            self.notify(f"Not written: {error.strerror}", severity="error", markup=False)
            return
        names = " Names are in it: hiding is for the screen." if self.session.hides_private else ""
        self.notify(f"Saved to {path}.{names}", markup=False)

    # Acting

    @work(group="act")
    async def action_acts(self) -> None:
        """Choose from what can be done here."""
        acts = list(self.acts())
        if not acts:
            self.notify("Nothing to do here.", markup=False)
            return
        chosen = await self.app.push_screen_wait(
            ChooseDialog("What to do", [(act.name, self._listed(act)) for act in acts])
        )
        if chosen is not None:
            await self._do(next(act for act in acts if act.name == chosen))

    @work(group="act")
    async def action_act(self, name: str) -> None:
        """Do an act by its name, if it applies here."""
        for act in self.acts():
            if act.name == name:
                await self._do(act)
                return
        self.notify("That does not apply here.", markup=False)

    def _listed(self, act: Act) -> str:
        keys = [
            self.app.get_key_display(active.binding)
            for active in self.active_bindings.values()
            if active.binding.action == f"act('{act.name}')"
        ]
        return f"{act.title}  {keys[0]}" if keys else act.title

    async def _do(self, act: Act) -> None:
        try:
            if act.writes and not self.session.is_elevated and not await self.elevate():
                return
            if (answers := await self._answers(act)) is None:
                return
            if act.preview is not None and not await self._confirmed(await act.preview(answers)):
                return
            outcome = await self._performed(act, answers)
        except ApiError as error:
            self.say(error)
        else:
            if outcome is not None:
                self.notify(outcome.sentence, markup=False)
                if outcome.watch is not None:
                    await self.app.push_screen_wait(ProgressDialog(act.title, outcome.watch))
        self.action_refresh()

    async def _answers(self, act: Act) -> list[str] | None:
        answers = await self.asked(act.title, act.questions) if act.questions else []
        if answers is None or act.choices is None:
            return answers
        chosen = await self.app.push_screen_wait(ChooseDialog(act.title, await act.choices()))
        return None if chosen is None else [*answers, chosen]

    async def _performed(self, act: Act, answers: list[str]) -> Outcome | None:
        try:
            return await act.perform(answers)
        except NotAllowed as error:
            # The proof ran out while one was reading.
            if not error.needs_elevation or not await self.elevate():
                raise
            return await act.perform(answers)

    async def _confirmed(self, preview: Preview) -> bool:
        return await self.app.push_screen_wait(ConfirmDialog(preview))

    async def asked(self, title: str, questions: Sequence[Question]) -> list[str] | None:
        """Ask the admin; only in a worker."""
        return await self.app.push_screen_wait(AskDialog(title, questions))

    async def elevate(self) -> bool:
        """Open acts for some minutes; False: not opened. Raises ApiError."""
        is_open = await self.session.elevate(self.asked)
        self.show_chrome()
        return is_open

    def say(self, error: ApiError) -> None:
        """Say what went wrong and the way on."""
        self.notify(str(error), severity="error", timeout=10, markup=False)
