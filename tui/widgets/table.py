"""A table that draws what is visible and asks for pages as one scrolls.

It writes to the terminal only the cells that have changed.
"""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.widgets.columns import Cell, Column, Row, widths
from tui.widgets.pages import Pages
from tui.widgets.paint import Painted, Tone
from tui.widgets.safe_text import fitted

_NOTHING = Cell("")
_WAITING = Cell("…", Tone.DIM)
HIDDEN = "▒▒▒▒▒▒"


class PagedTable(Painted, can_focus=True):
    """Rows of `pages` under a head of columns, with a cursor that stays on its row."""

    # Of what is left beside other lines; else its last row is below the edge.
    DEFAULT_CSS = "PagedTable { height: 1fr; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "top", "First", show=False),
        Binding("end,G", "bottom", "Last known", show=False),
        Binding("enter", "choose", "Detail"),
    ]

    @dataclass
    class Chosen(Message):
        """Enter, or a click on the row under the cursor."""

        row: Row

    @dataclass
    class Lacking(Message):
        """These pages are in view, or will be soon, and are not held."""

        pages: list[int]

    def __init__(self, columns: list[Column], page_size: int = 100) -> None:
        super().__init__()
        self.columns = columns
        self.pages = Pages(page_size)
        self.cursor = 0
        self.top = 0
        self.sorted_by = ""
        self.is_reversed = False
        self.hides_private = False
        self._layout: list[tuple[int, int]] = []
        self._drawn: dict[int, Row | None] = {}

    # What is in it

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.pages.get(self.cursor)

    @property
    def room(self) -> int:
        """How many rows fit."""
        return max(1, self.size.height - 1)

    def reset(self) -> None:
        """Begin a new list: another filter or order."""
        self.pages = Pages(self.pages.size)
        self.cursor = self.top = 0
        self._drawn.clear()
        self.refresh()

    def put(self, page: int, rows: list[Row], next_cursor: str | None) -> None:
        """Show a page that came; the cursor stays on its row, or at the top if it was there."""
        held = self.row
        self.pages.put(page, rows, next_cursor)
        if held is not None and self.cursor > 0 and self.row != held:
            self._follow(held.id)
        self._place_cursor(self.cursor)
        self._draw_changes()
        self._ask()

    def put_anew(self, pages: Pages, moved: int) -> None:
        """Show a list that grew by `moved` rows at its top; what one reads stays where it is."""
        self.pages = pages
        if self.cursor > 0:
            self.cursor += moved
            self.top += moved
        self._drawn.clear()
        self._place_cursor(self.cursor)
        self.refresh()
        self._ask()

    def in_view(self) -> list[int]:
        """Return the pages that are in view."""
        return self.pages.wanted(self.top, self.top + self.room - 1)

    def _follow(self, row_id: str) -> None:
        start = max(0, self.cursor - self.pages.size)
        for place in range(start, self.cursor + self.pages.size):
            row = self.pages.get(place)
            if row is not None and row.id == row_id:
                self.top += place - self.cursor if self.top else 0
                self.cursor = place
                return

    # Moving

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._place_cursor(self.cursor + by)
        self._draw_changes()
        self._ask()

    def action_page(self, by: int) -> None:
        """Move the cursor by what is visible."""
        self.action_move(by * self.room)

    def action_top(self) -> None:
        """Go to the first row."""
        self.action_move(-self.cursor)

    def action_bottom(self) -> None:
        """Go to the last row that is known."""
        self.action_move(self.pages.length - 1 - self.cursor)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if (row := self.row) is not None:
            self.post_message(self.Chosen(row))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down, like a terminal."""
        event.stop()
        self.action_move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.action_move(-3)

    def on_click(self, event: events.Click) -> None:
        """Go to a row; open it when the cursor is there."""
        content = event.get_content_offset(self)
        if content is None or content.y == 0:
            return
        place = self.top + content.y - 1
        if place >= self.pages.length:
            return
        if place == self.cursor:
            self.action_choose()
        else:
            self.action_move(place - self.cursor)

    def on_focus(self) -> None:
        """Draw the cursor as one that listens."""
        self._draw_line(self.cursor)

    def on_blur(self) -> None:
        """Draw the cursor as one that does not."""
        self._draw_line(self.cursor)

    def _place_cursor(self, place: int) -> None:
        old, self.cursor = self.cursor, max(0, min(place, self.pages.length - 1))
        top = min(self.top, self.cursor)
        top = max(top, self.cursor - self.room + 1, 0)
        top = min(top, max(0, self.pages.length - self.room)) if self.pages.is_whole else top
        if top != self.top:
            self.top = top
            self._drawn.clear()
            self.refresh()
        elif old != self.cursor:
            self._draw_line(old)
            self._draw_line(self.cursor)

    def _ask(self) -> None:
        # One screenful ahead, so that scrolling does not wait.
        ahead = self.pages.wanted(self.top - self.room, self.top + 2 * self.room)
        lacking = [page for page in ahead if self.pages.lacks(page)]
        if lacking:
            self.post_message(self.Lacking(lacking))

    # Drawing

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._layout = widths(self.columns, max(0, self.size.width - 1))
        self._drawn.clear()
        self._place_cursor(self.cursor)
        self.refresh()
        self._ask()

    def hide_private(self, hides: bool) -> None:
        """Hide names and addresses, or show them again."""
        self.hides_private = hides
        self.refresh()

    def show_order(self, sorted_by: str, is_reversed: bool) -> None:
        """Mark the column that the list is ordered by."""
        self.sorted_by, self.is_reversed = sorted_by, is_reversed
        self.refresh(Region(0, 0, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw the head (line 0) or a row."""
        if y == 0:
            return self._head()
        place = self.top + y - 1
        row = self.pages.get(place)
        self._drawn[place] = row
        if place >= self.pages.length:
            return Strip([Segment(" " * self.size.width, self.tone(Tone.PLAIN))])
        base = self._cursor_style() if place == self.cursor else Style.null()
        segments: list[Segment] = []
        for i, width in self._layout:
            cell = self._cell(row, i)
            style = self.tone(cell.tone) + base
            if segments:
                segments.append(Segment(" ", self.tone(Tone.PLAIN) + base))
            segments.append(Segment(self._text(cell.text, i, width), style))
        segments.append(self._thumb(y, base))
        return Strip(segments).adjust_cell_length(self.size.width, self.tone(Tone.PLAIN) + base)

    def _head(self) -> Strip:
        style = self.tone(Tone.KEY)
        segments: list[Segment] = []
        for i, width in self._layout:
            column = self.columns[i]
            title = column.title
            if column.sort is not None and column.sort == self.sorted_by:
                title += "↓" if self.is_reversed else "↑"
            text = fitted(title, width)
            segments.append(Segment((" " if segments else ""), style))
            segments.append(Segment(text.strip().rjust(width) if column.is_right else text, style))
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def _cell(self, row: Row | None, i: int) -> Cell:
        if row is None:
            return _WAITING if i == 0 else _NOTHING
        return row.cells[i]

    def _text(self, text: str, i: int, width: int) -> str:
        column = self.columns[i]
        if column.is_private and self.hides_private and text:
            text = HIDDEN
        clean = fitted(text, width)
        if column.is_right and clean.endswith(" "):
            return clean.rstrip().rjust(width)
        return clean

    def _cursor_style(self) -> Style:
        return self.cursor_tone() if self.has_focus else Style(bold=True)

    def _thumb(self, y: int, base: Style) -> Segment:
        """Draw the place in the list: a bar at the right edge, when it is longer than the room."""
        used = sum(width for _, width in self._layout) + len(self._layout) - 1
        gap = " " * max(0, self.size.width - 1 - used)
        length, room = self.pages.length, self.room
        if length <= room:
            return Segment(gap + " ", self.tone(Tone.PLAIN) + base)
        size = max(1, room * room // length)
        start = (room - size) * self.top // max(1, length - room)
        inside = start <= y - 1 < start + size
        return Segment(gap + ("┃" if inside else "│"), self.tone(Tone.DIM))

    def _draw_line(self, place: int) -> None:
        if self.top <= place < self.top + self.room:
            self.refresh(Region(0, place - self.top + 1, self.size.width, 1))

    def _draw_changes(self) -> None:
        for place in range(self.top, self.top + self.room):
            new = self.pages.get(place)
            if place not in self._drawn:
                self._draw_line(place)
                continue
            old = self._drawn[place]
            if old is None or new is None or old.id != new.id:
                if old is not new:
                    self._draw_line(place)
                continue
            self._draw_cells(place, old, new)

    def _draw_cells(self, place: int, old: Row, new: Row) -> None:
        x = 0
        for i, width in self._layout:
            if old.cells[i] != new.cells[i]:
                self.refresh(Region(x, place - self.top + 1, width, 1))
            x += width + 1
