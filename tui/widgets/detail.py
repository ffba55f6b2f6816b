"""Facts about one thing, in sections, under a cursor that says what `y` copies."""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from tui.widgets.columns import Cell
from tui.widgets.paint import Painted, Tone
from tui.widgets.safe_text import fitted, wrapped
from tui.widgets.table import HIDDEN


@dataclass(frozen=True)
class Fact:
    """A label and what holds; `is_private`: a name or an address."""

    label: str
    value: str
    tone: Tone = Tone.PLAIN
    is_private: bool = False


@dataclass(frozen=True)
class Section:
    """Facts under a title."""

    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Detail:
    """All there is to say about one thing."""

    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class _Line:
    label: str
    value: str
    tone: Tone
    fact: Fact | None


class DetailView(Painted, can_focus=True):
    """Sections one below the other; long values are wrapped, never cut."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "move(-100000)", "First", show=False),
        Binding("end,G", "move(100000)", "Last", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.detail = Detail("", ())
        self.cursor = 0
        self.top = 0
        self.hides_private = False
        self._lines: list[_Line] = []

    def put(self, detail: Detail) -> None:
        """Show it; the same again writes nothing."""
        if detail != self.detail:
            self.detail = detail
            self._lay_out()

    def hide_private(self, hides: bool) -> None:
        """Hide names and addresses, or show them again."""
        self.hides_private = hides
        self._lay_out()

    @property
    def fact(self) -> Fact | None:
        """The fact under the cursor."""
        return self._lines[self.cursor].fact if self._lines else None

    def action_move(self, by: int) -> None:
        """Move the cursor to another fact."""
        place = max(0, min(self.cursor + by, len(self._lines) - 1))
        step = 1 if by > 0 else -1
        while 0 <= place < len(self._lines) and self._lines[place].fact is None:
            place += step
        if 0 <= place < len(self._lines):
            self.cursor = place
        self._scroll()

    def action_page(self, by: int) -> None:
        """Move the cursor by what is visible."""
        self.action_move(by * self.size.height)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three lines down."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three lines up."""
        event.stop()
        self.action_move(-3)

    def on_resize(self) -> None:
        """Wrap anew."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Draw a title or a fact."""
        place, width = self.top + y, self.size.width
        if place >= len(self._lines):
            return Strip.blank(width, self.tone(Tone.PLAIN))
        line = self._lines[place]
        if line.fact is None:
            return Strip([Segment(fitted(line.label, width), self.tone(Tone.KEY))])
        base = self.cursor_tone() if place == self.cursor and self.has_focus else None
        label = self._label_width()
        dim, tone = self.tone(Tone.DIM), self.tone(line.tone)
        return Strip(
            [
                Segment(fitted(line.label, label) + " ", dim + base if base else dim),
                Segment(fitted(line.value, width - label - 1), tone + base if base else tone),
            ]
        )

    def _label_width(self) -> int:
        longest = max((len(line.label) for line in self._lines if line.fact), default=0)
        return min(max(longest, 10), max(10, self.size.width // 3))

    def _lay_out(self) -> None:
        lines: list[_Line] = []
        facts = [fact for section in self.detail.sections for fact in section.facts]
        longest = max((len(fact.label) + 2 for fact in facts), default=10)
        label = min(max(longest, 10), max(10, self.size.width // 3))
        room = max(8, self.size.width - label - 1)
        for section in self.detail.sections:
            if lines:
                lines.append(_Line("", "", Tone.PLAIN, None))
            lines.append(_Line(section.title, "", Tone.KEY, None))
            for fact in section.facts:
                lines += self._wrapped(fact, room)
        self._lines = lines
        self.cursor = min(self.cursor, max(0, len(lines) - 1))
        if lines and lines[self.cursor].fact is None:
            self.action_move(1)
        self.refresh()

    def _wrapped(self, fact: Fact, room: int) -> list[_Line]:
        value = HIDDEN if fact.is_private and self.hides_private and fact.value else fact.value
        pieces = [piece for text in value.split("\n") for piece in wrapped(text, room)]
        labels = ["  " + fact.label, *[""] * (len(pieces) - 1)]
        return [
            _Line(name, text, fact.tone, fact)
            for name, text in zip(labels, pieces or [""], strict=True)
        ]

    def _scroll(self) -> None:
        height = max(1, self.size.height)
        # The title above the first fact is worth its line.
        self.top = max(0, min(self.top, self.cursor - 1), self.cursor - height + 1)
        self.refresh()


def fact(label: str, value: object, tone: Tone = Tone.PLAIN, *, is_private: bool = False) -> Fact:
    """Make a fact of any value; None is a dash."""
    return Fact(label, "–" if value is None else str(value), tone, is_private)


def cell_of(fact_: Fact) -> Cell:
    """Return a fact's value as a cell."""
    return Cell(fact_.value, fact_.tone)
