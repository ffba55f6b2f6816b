"""What a list asks the server for, and what comes: and a page of what came whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tui.widgets.columns import Row
from tui.widgets.filter_line import Filter

PAGE_SIZE = 100
_OPPOSITES = {"newest": "oldest", "oldest": "newest"}

Item = TypeVar("Item")


@dataclass(frozen=True)
class Asked:
    """Which page: what a `fetch` is given."""

    filter: Filter
    cursor: str | None
    order: str | None
    is_reversed: bool
    limit: int = PAGE_SIZE

    def facet(self, name: str) -> str | None:
        """Return the value of a facet, if one was given."""
        return self.filter.facets.get(name)

    @property
    def sort(self) -> str | None:
        """What the server calls the order; None: its usual one."""
        return _OPPOSITES.get(self.order or "") if self.is_reversed else self.order

    @property
    def words(self) -> str | None:
        """The free words, if there are any."""
        return self.filter.words or None


@dataclass(frozen=True)
class Fetched:
    """A page of rows, and the cursor of the next."""

    rows: list[Row]
    next_cursor: str | None


def page_of(
    items: Sequence[Item], asked: Asked, keys: Mapping[str, Callable[[Item], Any]]
) -> tuple[Sequence[Item], str | None]:
    """Cut a page out of a list that the server gives whole, and return the cursor of the next.

    `keys` are what it can be ordered by; in another order it stays as it came.
    """
    key = keys.get(asked.order or "")
    ordered = sorted(items, key=key, reverse=asked.is_reversed) if key else items
    start = int(asked.cursor or 0)
    end = start + asked.limit
    return ordered[start:end], str(end) if end < len(ordered) else None
