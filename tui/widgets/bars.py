"""Lines of one row: the state of things at the top, tabs, keys at the bottom."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from tui.widgets.columns import Cell
from tui.widgets.paint import Painted, Tone
from tui.widgets.safe_text import fitted, width_of


@dataclass(frozen=True)
class Part:
    """A piece of a line; a click on it does `action`. Parts of a lower `rank` stay longest."""

    cells: tuple[Cell, ...]
    action: str = ""
    rank: int = 0

    @property
    def width(self) -> int:
        """How many terminal cells it takes."""
        return sum(width_of(cell.text) for cell in self.cells)


def part(text: str, tone: Tone = Tone.PLAIN, *, action: str = "", rank: int = 0) -> Part:
    """Make a part of one tone."""
    return Part((Cell(text, tone),), action, rank)


class Bar(Painted):
    """Parts from the left and parts from the right; what does not fit is left out by rank."""

    DEFAULT_CSS = "Bar { height: 1; }"

    def __init__(self, gap: str = "  ", *, id: str | None = None) -> None:  # noqa: A002  # Textual's
        super().__init__(id=id)
        self._gap = gap
        self._left: tuple[Part, ...] = ()
        self._right: tuple[Part, ...] = ()
        self._clicks: list[tuple[range, str]] = []

    def put(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """Show these parts; the same ones again write nothing."""
        new = (tuple(left), tuple(right))
        if new != (self._left, self._right):
            self._left, self._right = new
            self.refresh()

    def render_line(self, y: int) -> Strip:  # it has one line
        """Draw the line."""
        room = self.size.width - 2
        left, right = self._fitting(room)
        used = self._length(left) + self._length(right)
        self._clicks = []
        segments = [Segment(" ", self.tone(Tone.PLAIN))]
        self._add(segments, left, 1)
        segments.append(Segment(" " * max(0, room - used), self.tone(Tone.PLAIN)))
        self._add(segments, right, 1 + max(0, room - self._length(right)))
        return Strip(segments).adjust_cell_length(self.size.width, self.tone(Tone.PLAIN))

    async def on_click(self, event: events.Click) -> None:
        """Do what stands under the pointer."""
        for columns, action in self._clicks:
            if event.x in columns:
                await self.run_action(action)
                return

    def _fitting(self, room: int) -> tuple[list[Part], list[Part]]:
        left, right = list(self._left), list(self._right)
        while self._length(left) + self._length(right) + 1 > room:
            most = max((one.rank for one in left + right), default=0)
            if most == 0:
                break
            side = left if any(one.rank == most for one in left) else right
            side.remove(next(one for one in reversed(side) if one.rank == most))
        return left, right

    def _length(self, parts: Sequence[Part]) -> int:
        return sum(one.width for one in parts) + len(self._gap) * max(0, len(parts) - 1)

    def _add(self, segments: list[Segment], parts: Sequence[Part], x: int) -> None:
        for i, one in enumerate(parts):
            if i:
                segments.append(Segment(self._gap, self.tone(Tone.PLAIN)))
                x += len(self._gap)
            for cell in one.cells:
                text = fitted(cell.text, width_of(cell.text))
                segments.append(Segment(text, self.tone(cell.tone)))
            if one.action:
                self._clicks.append((range(x, x + one.width), one.action))
            x += one.width


class TopLine(Bar):
    """Which box, and how it and the line to it are."""


class TabLine(Bar):
    """The screens and their digits."""


class KeyLine(Bar):
    """The keys that do something here and now, from the live bindings."""
