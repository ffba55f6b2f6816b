"""Statements on the audit trail: insert and read, never change."""

from typing import Any
from uuid import UUID

from server import db
from server.db import Row

COLUMNS = (
    "id", "chain_id", "sequence", "actor_id", "action", "subject_kind", "subject_id", "at",
    "address", "details", "previous_hash", "hash",
)  # fmt: skip


async def lock_head(chain_id: UUID) -> Row | None:
    """Hold the chain until the transaction ends; return its newest entry's sequence and hash."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", str(chain_id))
    return await db.fetch_row(
        """SELECT sequence, hash FROM audit_entries WHERE chain_id = $1
            ORDER BY sequence DESC LIMIT 1""",
        chain_id,
    )


async def insert_entry(values: dict[str, Any]) -> None:
    """Append one entry."""
    places = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
    await db.execute(
        f"INSERT INTO audit_entries ({', '.join(COLUMNS)}) VALUES ({places})",
        *(values[column] for column in COLUMNS),
    )


async def list_entries(chain_id: UUID, *, after: int, limit: int) -> list[Row]:
    """Return entries in order, after a sequence number."""
    return await db.fetch(
        f"""SELECT {", ".join(COLUMNS)} FROM audit_entries
            WHERE chain_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3""",
        chain_id,
        after,
        limit,
    )
