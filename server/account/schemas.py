"""Shapes of the account routes."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from server.lib.fields import Shape
from server.users.schemas import Password


class ExportQuery(Shape):
    """In which form."""

    format: Literal["json", "csv", "zip"] = Field(
        "json",
        description="`json`: everything but photos, one list a table. `csv`: the same as a zip of"
        " one CSV a table, safe to open in a spreadsheet. `zip`: both, your contacts as vCard, and"
        " your photos.",
    )


class ExportedAccount(Shape):
    """Everything that is the caller's."""

    format: Literal["catchup-account"]
    version: int
    exported_at: str
    household_id: str
    user_id: str
    withheld: dict[str, dict[str, str]] = Field(
        description="What is not in `tables`: {table: {column: why}}."
    )
    tables: dict[str, list[dict[str, object]]] = Field(
        description="A list of rows for each table, decrypted."
    )


class CloseIn(Shape):
    """Proof that it is you, and what becomes of what you share."""

    password: Password
    shared: Literal["hand_over", "erase"] = Field(
        "hand_over",
        description="What the household sees of your contacts and talks: another member becomes"
        " its author, or it is erased with the rest.",
    )
    pass_ownership: StrictBool = Field(
        default=False,
        description="If you are the household's only owner: make the member who has been there"
        " longest one.",
    )


RestoreToken = Annotated[
    str,
    Field(min_length=1, max_length=100, pattern=r"^[!-~]+$", description="As closing gave it."),
]


class RestoreIn(Shape):
    """The token of a closed account."""

    restore_token: RestoreToken


class ClosedOut(Shape):
    """An account that nobody can sign in to any more."""

    id: UUID
    due_at: datetime = Field(
        description="From then on it is erased; until then it can be restored."
    )
    restore_token: RestoreToken = Field(
        description="Told once. It restores the account, and later gets the proof of its erasure."
    )
    shared: Literal["hand_over", "erase"] = Field(
        description="`erase` also where nobody is left to hand anything to."
    )
    ownership_passed: bool


class ErasureOut(Shape):
    """How far the erasure of an account is."""

    id: UUID
    state: Literal["waiting", "restored", "erasing", "erased"]
    requested_at: datetime
    due_at: datetime
    erased_at: datetime | None
    certificate: dict[str, Any] | None = Field(
        description="The proof: rows by table, objects, what was handed over, and when the last"
        " copy in Redis and in backups is gone."
    )


class DataKindOut(Shape):
    """One kind of data that is stored."""

    name: str = Field(examples=["contacts"])
    what: str
    tables: list[str]
    encrypted: list[str] = Field(description="Columns that nobody reads without this server's key.")
    hashed: list[str] = Field(description="Columns from which nobody gets back what was stored.")
    kept: str = Field(description="How long, or from when on `kept_days` count.")
    kept_days: int | None


class RecipientOut(Shape):
    """Somebody outside of this server who gets data, where the operator has switched it on."""

    name: str
    gets: str
    why: str
    active: bool


class PrivacyOut(Shape):
    """What is stored of you, where it goes and how long it stays."""

    data: list[DataKindOut]
    goes_to: list[RecipientOut]
    grace_days: int = Field(description="How long a closed account can be restored.")
    backups_days: int = Field(description="How long an erased account is in a backup at most.")
    rights: list[str]
    text: str = Field(description="All of it in plain words.")
