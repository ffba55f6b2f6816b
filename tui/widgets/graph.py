"""A graph of samples in braille: two samples in the width of a cell, four steps in its height."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.paint import Painted, Tone
from tui.widgets.safe_text import fitted

# Dots of a braille cell from the bottom up, of its left and its right half.
_LEFT = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
_BRAILLE = 0x2800
PER_CELL = 2


@dataclass(frozen=True)
class Scale:
    """How values are drawn: `top` is full height (None: the largest shown, at least `least`).

    `warn` and `bad` are where a value becomes one to look at; None: never.
    """

    words: Callable[[float], str]
    top: float | None = None
    least: float = 1.0
    warn: float | None = None
    bad: float | None = None

    def tone(self, value: float) -> Tone:
        """Return what a value is about."""
        if self.bad is not None and value >= self.bad:
            return Tone.BAD
        if self.warn is not None and value >= self.warn:
            return Tone.WARN
        return Tone.BUSY


def rows_of(values: Sequence[float | None], height: int, top: float) -> list[str]:
    """Return `height` lines of braille, the highest first; None and what is not there is blank.

    A value above zero has at least one dot: a quiet server is not a dead one.
    """
    steps = [_steps(value, height * 4, top) for value in values]
    if len(steps) % PER_CELL:
        steps.insert(0, 0)
    rows = []
    for row in range(height - 1, -1, -1):
        cells = []
        for left, right in zip(steps[::2], steps[1::2], strict=True):
            dots = _LEFT[_within(left, row)] | _RIGHT[_within(right, row)]
            cells.append(chr(_BRAILLE + dots) if dots else " ")
        rows.append("".join(cells))
    return rows


def _steps(value: float | None, most: int, top: float) -> int:
    if value is None or value <= 0:
        return 0
    return max(1, min(most, round(value / top * most)))


def _within(steps: int, row: int) -> int:
    return max(0, min(4, steps - row * 4))


class Graph(Painted):
    """One measure over time, the newest at the right, in a frame that names it."""

    DEFAULT_CSS = "Graph { height: 1fr; }"

    def __init__(
        self,
        title: str,
        scale: Scale,
        *,
        color: str,
        id: str,  # noqa: A002  # Textual's
    ) -> None:
        """`color`: the variable of the theme in which values are drawn that alarm nobody."""
        super().__init__(id=id, classes="panel graph")
        self.border_title = title
        self.color = color
        self.scale = scale
        self.values: tuple[float | None, ...] = ()

    @property
    def wanted(self) -> int:
        """How many samples fit."""
        return max(1, self.size.width) * PER_CELL

    def tone(self, tone: Tone) -> Style:
        """Return how `tone` looks; what is busy has the graph's own colour."""
        return self.looking(self.color) if tone is Tone.BUSY else super().tone(tone)

    def put(self, values: Sequence[float | None], *, caption: str = "") -> None:
        """Show samples, oldest first; the same ones again write nothing."""
        subtitle = caption or self._caption(values)
        if subtitle != self.border_subtitle:
            self.border_subtitle = subtitle
        if tuple(values) != self.values:
            self.values = tuple(values)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line of the graph, in the tone of its height."""
        width, height = self.size.width, self.size.height
        values = self.values[-self.wanted :]
        top = self._top(values)
        text = rows_of(values, height, top)[y] if values else ""
        middle = top * (height - y - 0.5) / height
        return Strip([Segment(fitted(text.rjust(width), width), self.tone(self._tone(middle)))])

    def _tone(self, value: float) -> Tone:
        # A graph that grows to its largest value has no heights that are alarming by themselves.
        return self.scale.tone(value) if self.scale.warn is not None else Tone.BUSY

    def _top(self, values: Sequence[float | None]) -> float:
        if self.scale.top is not None:
            return self.scale.top
        return max([self.scale.least, *(value for value in values if value is not None)])

    def _caption(self, values: Sequence[float | None]) -> str:
        known = [value for value in values if value is not None]
        if not known:
            return "no samples"
        now = self.scale.words(known[-1]) if values[-1] is not None else "–"
        return f"{now}, most {self.scale.words(max(known))}"
