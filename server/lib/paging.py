"""Lists in pages: the query parameters that every list takes, and where the next page starts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field

from server.errors import BadInput, FieldError
from server.lib import cursors
from server.lib.fields import Shape

MOST = 1000

Age = Literal["newest", "oldest"]
"""In which order a list by age comes."""

T = TypeVar("T")
Row = TypeVar("Row", bound=Mapping[str, Any])


def _checked(text: str) -> str:
    by_name(text)
    return text


class ShortListQuery(Shape):
    """A page of a list that is short enough to be read whole (`page_of`)."""

    limit: int = Field(default=50, ge=1, le=MOST)
    cursor: str | None = Field(
        default=None,
        max_length=cursors.MAX_LENGTH,
        description="`next_cursor` of the page before.",
    )


class PageQuery(Shape):
    """A page of a list that is ordered by name."""

    limit: int = Field(default=50, ge=1, le=MOST)
    cursor: Annotated[str, AfterValidator(_checked)] | None = Field(
        default=None, description="`next_cursor` of the page before."
    )

    @property
    def after(self) -> tuple[Any, ...] | None:
        """Name and id of the row that the page comes after; None for the first page."""
        return by_name(self.cursor) if self.cursor is not None else None


def cut_page(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], str | None]:
    """Cut the row off that a query read beyond `limit`; return the page and the next cursor.

    Rows have `name_key` and `id`, in whose order they come.
    """
    page = rows[:limit]
    if len(rows) <= limit:
        return page, None
    return page, cursors.encode((page[-1]["name_key"], page[-1]["id"]))


def page_of(
    items: Sequence[T], query: ShortListQuery, key: Callable[[T], tuple[Any, ...]], *types: type
) -> tuple[list[T], str | None]:
    """Cut a page out of a whole list; return it and the next cursor.

    `key` gives an item's place, values of `types` that are unlike any other item's; the list is
    ordered by it here.

    Raises:
        BadInput: the cursor is not one that this list gave.
    """
    after = read_cursor(query.cursor, types)
    rest = sorted(
        (item for item in items if after is None or key(item) > after),
        key=key,
    )
    page = rest[: query.limit]
    return page, cursors.encode(key(page[-1])) if len(rest) > len(page) else None


def by_age(sort: Age) -> tuple[str, str]:
    """Return an order by age as SQL: its direction, and how what follows a place compares."""
    return ("DESC", "<") if sort == "newest" else ("ASC", ">")


def read_cursor(
    cursor: str | None, types: Sequence[type], *, nullable: bool = False, field: str = "cursor"
) -> tuple[Any, ...] | None:
    """Read the position that a cursor of a list holds; None for the first page.

    `nullable` lists have rows whose place has no value in some part; `field` is the parameter.

    Raises:
        BadInput: it is not one that this list gave.
    """
    if cursor is None:
        return None
    values: tuple[Any, ...] | None
    try:
        values = cursors.decode(cursor, types)
    except ValueError:
        values = None
    if values is None or (None in values and not nullable):
        raise BadInput(
            "The cursor is not one that this list gave.",
            fields=[FieldError(field, "bad_cursor", f"must be a next_{field} of this list")],
        )
    return values


def by_name(cursor: str) -> tuple[Any, ...]:
    """Read the cursor of a list ordered by (name, id).

    Raises:
        ValueError: it is not one of ours.
    """
    return cursors.decode(cursor, (str, UUID))
