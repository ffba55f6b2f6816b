"""Messages of the outbox, opened."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server import db
from server.keys import service as keys


@dataclass(frozen=True)
class Opened:
    """A row of the outbox in plain words; `row` has the rest."""

    id: UUID
    subject: str | None
    body: str
    html: str | None
    address: str | None
    row: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.row[name]


async def messages() -> list[Opened]:
    """Return every message, in the order in which they were written."""
    return [await _open(row) for row in await db.fetch("SELECT * FROM outbox_messages ORDER BY id")]


async def message(message_id: UUID | None) -> Opened:
    """Return one message."""
    (row,) = await db.fetch("SELECT * FROM outbox_messages WHERE id = $1", message_id)
    return await _open(row)


async def _open(row: db.Row) -> Opened:
    box = await keys.box(row["household_id"])

    def text(column: str) -> str | None:
        return box.open_if("outbox_messages", column, row["id"], row[column])

    return Opened(
        row["id"], text("subject"), text("body") or "", text("html"), text("address"), dict(row)
    )
