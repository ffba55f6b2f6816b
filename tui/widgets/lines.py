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
        self._lines: tuple[Line, ...] = ()

    def put(self, lines: Sequence[Line]) -> None:
        """Show these lines; the same ones again write nothing."""
        old, self._lines = self._lines, tuple(lines)
        if len(old) != len(self._lines):
            self.refresh()
            return
        for y, (before, after) in enumerate(zip(old, self._lines, strict=True)):
            if before != after:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw a line."""
        width, height = self.size.width, self.size.height
        plain = self.tone(Tone.PLAIN)
        if y >= len(self._lines):
            return Strip.blank(width, plain)
        if y == height - 1 and len(self._lines) > height:
            more = f"+{len(self._lines) - height + 1} more"
            return Strip([Segment(fitted(more, width), self.tone(Tone.DIM))])
        segments: list[Segment] = []
        left = width
        for i, cell in enumerate(self._lines[y]):
            last = i == len(self._lines[y]) - 1
            room = left if last else min(left, width_of(cell.text))
            segments.append(Segment(fitted(cell.text, room), self.tone(cell.tone)))
            left -= room
            if not last and left > 0:
                segments.append(Segment(" ", plain))
                left -= 1
        return Strip(segments).adjust_cell_length(width, plain)
