"""Shapes of import, its ledger, its undo, and of exports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, Json

from server.contacts.csv_files.fields import LABELLED, MAPPABLE
from server.lib import cursors
from server.lib.fields import Shape
from server.lib.texts import clean_text

Outcome = Literal["created", "updated", "unchanged", "skipped", "failed"]
UndoOutcome = Literal["deleted", "restored", "partly_restored", "kept", "nothing"]
Format = Literal["vcard", "csv", "json"]
ITEMS_SHOWN = 1000
MOST_MAPPED = 200
LONGEST_MAPPING = 10_000
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


def _moment(cursor: str) -> tuple[datetime, UUID]:
    at, import_id = cursors.decode(cursor, (datetime, UUID))
    if at is None or import_id is None:
        raise ValueError("cursor is of another list")
    return at, import_id


def _checked_moment(cursor: str) -> str:
    _moment(cursor)
    return cursor


def _known_fields(mapping: dict[str, str]) -> dict[str, str]:
    if len(mapping) > MOST_MAPPED:
        raise ValueError(f"must name at most {MOST_MAPPED} columns")
    for header, wish in mapping.items():
        clean_text(header, multiline=True)
        clean_text(wish, multiline=False)
        field, colon, label = wish.partition(":")
        known = field in MAPPABLE and (not colon or (field in LABELLED and len(label) <= 100))
        if not known and not wish.startswith("custom_fields."):
            raise ValueError(f"the fields are: {', '.join(MAPPABLE)}, custom_fields.NAME")
    return mapping


def _short(text: object) -> object:
    if isinstance(text, str) and len(text) > LONGEST_MAPPING:
        raise ValueError(f"must have at most {LONGEST_MAPPING} characters")
    return text


Position = Annotated[str, Field(max_length=200), AfterValidator(_checked)]
Mapping = Annotated[
    Annotated[Json[dict[str, str]], AfterValidator(_known_fields)], BeforeValidator(_short)
]


class ImportQuery(Shape):
    """How to import."""

    dry_run: bool = Field(
        False, description="Answer what would happen, field by field; change nothing."
    )
    format: Format | None = Field(
        None, description="Default: by Content-Type, file name, then content."
    )
    mapping: Mapping | None = Field(
        None,
        description="CSV only: a JSON object from a column's header to our field, for headers"
        " that are not recognised, or read otherwise than you want; `ignore` leaves a column"
        ' out. For a file without headers the names are numbers from 1: `{"1": "name"}`. A column'
        " that the file does not have is refused."
        f" Fields: {', '.join(f'`{name}`' for name in MAPPABLE)}, `custom_fields.NAME`."
        " Of fields that a contact has several of (phone, email, …) many columns may fill one;"
        " a label may follow the field: `phone:boat`. May also be the part `mapping` of a form.",
        examples=['{"Handynummer": "phone:cell"}'],
    )
    cursor: Position | None = Field(
        None,
        description="Dry runs only: `next_cursor` of the reply before; send the same file again"
        " to see its further lines.",
    )

    @property
    def after(self) -> int:
        """The position of the line that those shown come after."""
        return _position(self.cursor) if self.cursor is not None else 0


class ImportPageQuery(Shape):
    """Which lines of an import's ledger."""

    limit: int = Field(ITEMS_SHOWN, ge=1, le=ITEMS_SHOWN)
    cursor: Position | None = None

    @property
    def after(self) -> int:
        """The position of the line that the page comes after; 0 for the first page."""
        return _position(self.cursor) if self.cursor is not None else 0


class ImportListQuery(Shape):
    """Which imports."""

    limit: int = Field(50, ge=1, le=ITEMS_SHOWN)
    cursor: Annotated[str, Field(max_length=200), AfterValidator(_checked_moment)] | None = None

    @property
    def after(self) -> tuple[datetime, UUID] | None:
        """Time and id of the import that the page comes after; None for the first page."""
        return _moment(self.cursor) if self.cursor is not None else None


class ExportQuery(Shape):
    """In which form."""

    format: Literal["vcf", "csv", "json"] = Field(
        "vcf",
        description="`vcf`: vCard 4.0, for other address books. `csv`: a table for people, safe to"
        " open in a spreadsheet. `json`: everything, for another CatchUp. Each can be imported.",
    )
    photos: bool = Field(
        False, description="vCard only: with your contacts' photos, as JPEG inside the cards."
    )


class CardWarningOut(Shape):
    """Something on a card or in a row that was kept aside instead of used."""

    line: int
    code: str
    reason: str


class ChangeOut(Shape):
    """One field that an import changes.

    `field` is the contact's own (`name`, `notes`, `custom_fields.NAME`); of a list (`phones`,
    `dates`, `tags`, …) each entry that comes or goes is a change of its own.
    """

    field: str = Field(examples=["phones"])
    before: Any = Field(description="Null: it was not there.")
    after: Any = Field(description="Null: it goes.")


class UndoneOut(Shape):
    """What an undo did about one line."""

    outcome: UndoOutcome
    code: str | None = Field(
        description="Why something was kept: `changed`, `has_interactions`, `has_suggestions`,"
        " `in_groups`, `tagged`, `has_photo`, `used_by_others`; `gone`: the contact was deleted."
    )
    reason: str | None = Field(description="The same in words.")
    kept_fields: list[str] = Field(description="Fields that stay as the user changed them since.")


class ImportItem(Shape):
    """One card or row and its outcome."""

    position: int = Field(description="1-based place in the file.")
    line: int = Field(description="1-based line where it begins.")
    name: str | None
    outcome: Outcome
    code: str | None = Field(description="Stable reason of `skipped` and `failed`.")
    reason: str | None = Field(description="The same in words.")
    contact_id: UUID | None
    warnings: list[CardWarningOut] = Field(default_factory=list)
    changes: list[ChangeOut] = Field(
        default_factory=list, description="Of a new contact everything, `before` null."
    )
    undone: UndoneOut | None = Field(None, description="Set once the import was undone.")


class ImportSummary(Shape):
    """What became of a file, in numbers."""

    id: UUID | None = Field(description="Null for a dry run.")
    format: Literal["vcard", "csv", "json", "ics"]
    total: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    created_at: datetime
    undone_at: datetime | None


class ImportOut(ImportSummary):
    """What became of a file: counts, and an outcome for each card or row."""

    dry_run: bool
    items: list[ImportItem]
    next_cursor: str | None = Field(
        description="More lines at GET /api/contacts/imports/{id}?cursor=…; of a dry run by"
        " sending the file again with `cursor`."
    )


class ImportPage(Shape):
    """One page of imports, newest first."""

    items: list[ImportSummary]
    next_cursor: str | None


class UndoOut(ImportOut):
    """An import taken back: `deleted` and the like count lines, each line says what was done."""

    deleted: int
    restored: int
    partly_restored: int
    kept: int
    nothing: int
