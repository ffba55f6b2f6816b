"""A list of any length, of which a few pages are held."""

from collections import OrderedDict
from dataclasses import dataclass, field

from tui.widgets.columns import Row

MOST_HELD = 12


@dataclass
class Pages:
    """Rows by their place, page after page, as a cursor of the server leads from one to the next.

    Every page but the last has `size` rows. Pages that were let go are fetched again by the cursor
    that led to them, so memory does not grow with scrolling.
    """

    size: int
    starts: list[str | None] = field(default_factory=lambda: [None])
    """The cursor of each page known so far."""
    length: int = 0
    """Rows known so far."""
    is_whole: bool = False
    """Whether the end of the list is known."""
    _held: OrderedDict[int, list[Row]] = field(default_factory=OrderedDict)

    def get(self, place: int) -> Row | None:
        """Return the row at `place`; None while its page is not held."""
        page = self._held.get(place // self.size)
        within = place % self.size
        return page[within] if page is not None and within < len(page) else None

    def wanted(self, first: int, last: int) -> list[int]:
        """Return the pages that rows `first` to `last` are on, as far as a cursor leads there."""
        end = min(last // self.size, len(self.starts) - 1)
        return list(range(max(first, 0) // self.size, end + 1))

    def lacks(self, page: int) -> bool:
        """Whether `page` can be fetched and is not held."""
        return page < len(self.starts) and page not in self._held

    def put(self, page: int, rows: list[Row], next_cursor: str | None) -> None:
        """Keep a page that was fetched by `starts[page]`; `next_cursor` leads to the next.

        When it leads elsewhere than before, the list has moved, and later pages are forgotten.
        """
        known_next = self.starts[page + 1] if page + 1 < len(self.starts) else None
        is_last_known = page == len(self.starts) - 1
        if not is_last_known and known_next != next_cursor:
            del self.starts[page + 1 :]
            for later in [place for place in self._held if place > page]:
                del self._held[later]
            is_last_known = True
        self._held[page] = rows
        self._held.move_to_end(page)
        if is_last_known:
            self.length = page * self.size + len(rows)
            self.is_whole = next_cursor is None
            if next_cursor is not None:
                self.starts.append(next_cursor)
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)

    def rows_held(self) -> list[Row]:
        """Return the rows at hand, in order."""
        return [row for page in sorted(self._held) for row in self._held[page]]
