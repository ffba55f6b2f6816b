"""Shapes of the account routes."""

from typing import Literal

from pydantic import Field

from server.lib.fields import Shape


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
