"""Lines that one goes through: a cursor, scrolling, and Enter on what a line is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tui.widgets.lines import Line, Lines


class LineList(Lines, can_focus=True):
    """Lines with a cursor where one has the focus; it stays on its place when they change.

    Lines that are about nothing (`put(…, subjects=…)` has None for them) are passed over.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("home,g", "move(-1000)", "First", show=False),
        Binding("end,G", "move(1000)", "Last", show=False),
        Binding("enter", "choose", "Look into it"),
    ]

    @dataclass
    class Chosen(Message):
        """Enter, or a click on the line under the cursor; `subject` as it was put."""

        subject: object

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002  # Textual's
        super().__init__(title, id=id)
        self.cursor = 0
        self._subjects: tuple[object, ...] = ()

    @property
    def subject(self) -> object:
        """What the line under the cursor is about; None: nothing, or there is no line."""
        return self._subjects[self.cursor] if self.cursor < len(self._subjects) else None

    def put_about(self, lines: Sequence[tuple[Line, object]]) -> None:
        """Show lines, each with what it is about; the same ones again write nothing."""
        self._subjects = tuple(subject for _, subject in lines)
        self.put([line for line, _ in lines])
        self._place(self.cursor)
        if self.subject is None:
            self._place(next(iter(self._stops()), 0))

    def _stops(self) -> list[int]:
        return [place for place, subject in enumerate(self._subjects) if subject is not None]

    def action_move(self, by: int) -> None:
        """Go by so many lines that are about something."""
        if stops := self._stops():
            here = stops.index(self.cursor) if self.cursor in stops else 0
            self._place(stops[max(0, min(len(stops) - 1, here + by))])

    def action_choose(self) -> None:
        """Open what the line under the cursor is about."""
        if self.subject is not None:
            self.post_message(self.Chosen(self.subject))

    def on_click(self, event: events.Click) -> None:
        """Go to a line; open it when the cursor is there."""
        content = event.get_content_offset(self)
        place = self.top + content.y if content is not None else len(self._subjects)
        if place < len(self._subjects) and self._subjects[place] is not None:
            if place == self.cursor:
                self.action_choose()
            else:
                self._place(place)

    def on_focus(self) -> None:
        """Draw the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Draw it no more."""
        self.refresh()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._place(self.cursor)

    def _place(self, place: int) -> None:
        before = self.cursor, self.top
        count, height = len(self._subjects), max(1, self.size.height)
        self.cursor = max(0, min(place, count - 1))
        self.top = max(0, min(self.top, self.cursor, count - height))
        if self.cursor >= self.top + self.whole_lines:
            # Below the last whole line stands how many more there are.
            self.top = min(self.cursor - max(0, height - 2), max(0, count - height))
        if before != (self.cursor, self.top):
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw a line, the one under the cursor as such."""
        strip = super().render_line(y)
        if not self.has_focus or self.subject is None or self.top + y != self.cursor:
            return strip
        cursor = self.cursor_tone()
        return Strip([Segment(s.text, (s.style or Style.null()) + cursor) for s in strip])
