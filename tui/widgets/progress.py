"""A dialog that watches a job of the server; leaving it stops nothing."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Label

from tui.acts import Progress
from tui.errors import ApiError
from tui.widgets.paint import Painted, Tone
from tui.widgets.safe_text import fitted, shown

LOOK_EVERY_S = 1.0


class ProgressBar(Painted):
    """A share of a line, and the number."""

    DEFAULT_CSS = "ProgressBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0

    def put(self, share: float) -> None:
        """Show a share, 0 to 1."""
        if share != self._share:
            self._share = share
            self.refresh()

    def render_line(self, y: int) -> Strip:  # it has one line
        """Draw it."""
        room = max(1, self.size.width - 6)
        done = int(room * max(0.0, min(self._share, 1.0)))
        return Strip(
            [
                Segment("█" * done, self.tone(Tone.GOOD)),
                Segment("░" * (room - done), self.tone(Tone.DIM)),
                Segment(fitted(f" {self._share:4.0%}", 6), self.tone(Tone.STRONG)),
            ]
        )


class ProgressDialog(ModalScreen[None]):
    """Show how far a job is until it is done; Esc leaves, and the job goes on."""

    DEFAULT_CSS = """ProgressDialog { align: center middle;
        .box { width: 64; max-width: 96%; height: auto; padding: 0 2; border: round $primary;
            background: $panel; } }"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter", "dismiss(None)", "Leave it to the server")
    ]

    def __init__(self, title: str, watch: Callable[[], Awaitable[Progress]]) -> None:
        super().__init__()
        self.asked = title
        self.look = watch

    def compose(self) -> ComposeResult:
        """Lay it out."""
        box = Vertical(classes="box")
        box.border_title = Content(shown(self.asked))
        box.border_subtitle = "Esc: it goes on without this window"
        with box:
            yield ProgressBar()
            yield Label("", id="sentence", markup=False)

    def on_mount(self) -> None:
        """Begin to look."""
        self._look()

    @work(exclusive=True)
    async def _look(self) -> None:
        said = self.query_one("#sentence", Label)
        try:
            progress = await self.look()
        except ApiError as error:
            # The line is gone, not the job.
            said.update(Content(shown(str(error))))
        else:
            self.query_one(ProgressBar).put(progress.share)
            said.update(Content(shown(progress.sentence)))
            if progress.is_done:
                self.query_one(ProgressBar).put(1.0)
                return
        self.set_timer(LOOK_EVERY_S, self._look)
