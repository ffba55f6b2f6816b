"""Shapes of import and export."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from server.lib import cursors
from server.lib.fields import Shape

Outcome = Literal["created", "updated", "unchanged", "skipped", "failed"]
ITEMS_SHOWN = 1000


class ImportQuery(Shape):
    """How to import."""

    dry_run: bool = Field(False, description="Answer what would happen; change nothing.")


# The column is an integer.
LAST_POSITION = 2**31 - 1


def _position(cursor: str) -> int:
    (position,) = cursors.decode(cursor, (int,))
    if position is None or not 0 <= position <= LAST_POSITION:
        raise ValueError("cursor is of another list")
    return int(position)


def _checked(cursor: str) -> str:
    _position(cursor)
    return cursor


class ImportPageQuery(Shape):
    """Which lines of an import's ledger."""

    limit: int = Field(ITEMS_SHOWN, ge=1, le=ITEMS_SHOWN)
    cursor: Annotated[str, Field(max_length=200), AfterValidator(_checked)] | None = None

    @property
    def after(self) -> int:
        """The position of the line that the page comes after; 0 for the first page."""
        return _position(self.cursor) if self.cursor is not None else 0


class ExportQuery(Shape):
    """In which form."""

    format: Literal["vcf"] = Field("vcf", description="vCard 4.0.")


class CardWarningOut(Shape):
    """Something on a card that was kept aside instead of used."""

    line: int
    code: str
    reason: str


class ImportItem(Shape):
    """One card and its outcome."""

    position: int = Field(description="1-based place in the file.")
    line: int = Field(description="1-based line where it begins.")
    name: str | None
    outcome: Outcome
    code: str | None = Field(description="Stable reason of `skipped` and `failed`.")
    reason: str | None = Field(description="The same in words.")
    contact_id: UUID | None
    warnings: list[CardWarningOut] = Field(default_factory=list)


class ImportOut(Shape):
    """What became of a file: counts, and an outcome for each card."""

    id: UUID | None = Field(description="null for a dry run.")
    dry_run: bool
    format: Literal["vcard", "csv", "ics"]
    total: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    created_at: datetime
    items: list[ImportItem]
    next_cursor: str | None = Field(
        description="More lines at GET /api/contacts/imports/{id}?cursor=…; a dry run has all."
    )
