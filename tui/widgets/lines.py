"""A few lines in a frame; only those that have changed are drawn again."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from tui.widgets.columns import Cell
from tui.widgets.paint import Painted, Tone
from tui.widgets.safe_text import fitted, width_of

Line = tuple[Cell, ...]


class Lines(Painted):
    """Lines of cells one blank apart; the last cell of each takes what is left.

    What does not fit below is counted: `+3 more`.
    """

    DEFAULT_CSS = "Lines { height: 1fr; }"

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002  # Textual's
        super().__init__(id=id, classes="panel")
        self.border_title = title
        self.top = 0
        """Which line is drawn first."""
        self._lines: tuple[Line, ...] = ()

    @property
    def whole_lines(self) -> int:
        """How many lines are drawn; in the room of the last one it may say how many more."""
        height = self.size.height
        return height if len(self._lines) - self.top <= height else height - 1

    def put(self, lines: Sequence[Line]) -> None:
        """Show these lines; the same ones again write nothing."""
        old, self._lines = self._lines, tuple(lines)
        if len(old) != len(self._lines):
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, self._lines, strict=True)):
            if before != after and y >= self.top:
                self.refresh(Region(0, y - self.top, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        width, place = self.size.width, self.top + y
        plain = self.tone(Tone.PLAIN)
        if place >= len(self._lines):
            return Strip.blank(width, plain)
        if y >= self.whole_lines:
            more = f"+{len(self._lines) - place} more"
            return Strip([Segment(fitted(more, width), self.tone(Tone.DIM))])
        segments: list[Segment] = []
        left = width
        for i, cell in enumerate(self._lines[place]):
            last = i == len(self._lines[place]) - 1
            room = left if last else min(left, width_of(cell.text))
            segments.append(Segment(fitted(cell.text, room), self.tone(cell.tone)))
            left -= room
            if not last and left > 0:
                segments.append(Segment(" ", plain))
                left -= 1
        return Strip(segments).adjust_cell_length(width, plain)
