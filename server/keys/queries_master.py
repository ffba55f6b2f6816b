"""Statements on what the master key wraps, and on who holds it. No Scope here."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row


async def hold_active_master() -> Row:
    """Hold the row of the master key that wraps new keys, against all who wrap one."""
    row = await db.fetch_row(
        """SELECT id, wrapped FROM key_ring WHERE purpose = 'master' AND state = 'active'
            FOR UPDATE"""
    )
    if row is None:
        raise RuntimeError("there is no active master key")
    return row


async def activate_master(
    former_id: UUID, former_wrapped: bytes, coming_id: UUID, *, now: datetime
) -> None:
    """Let the coming key wrap; keep the former one itself, wrapped by it."""
    await db.execute(
        "UPDATE key_ring SET state = 'retiring', retiring_at = $3, wrapped = $2 WHERE id = $1",
        former_id,
        former_wrapped,
        now,
    )
    await db.execute("UPDATE key_ring SET state = 'active' WHERE id = $1", coming_id)


async def list_wrapped(*, after: UUID | None, limit: int) -> list[Row]:
    """Return every key's {id, purpose, household_id, wrapped} after `after`, ended ones, too.

    A master key to come is left out: it wraps its own check.
    """
    return await db.fetch(
        """SELECT id, purpose, household_id, wrapped FROM key_ring
            WHERE ($1::uuid IS NULL OR id > $1) AND (purpose <> 'master' OR state <> 'readable')
            ORDER BY id LIMIT $2""",
        after,
        limit,
    )


async def swap_wrapped(ids: Sequence[UUID], old: Sequence[bytes], new: Sequence[bytes]) -> int:
    """Write keys wrapped anew where the old wrapping still stands; return their number."""
    return await db.execute(
        """UPDATE key_ring AS k SET wrapped = u.new
            FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS u (id, old, new)
            WHERE k.id = u.id AND k.wrapped = u.old""",
        ids,
        old,
        new,
    )


async def set_wrapped(key_id: UUID, wrapped: bytes) -> None:
    """Overwrite what a row holds."""
    await db.execute("UPDATE key_ring SET wrapped = $2 WHERE id = $1", key_id, wrapped)


async def note_holder(holder_id: UUID, master_version: int, *, now: datetime) -> None:
    """Note that a process runs, and the newest master key that it holds."""
    await db.execute(
        """INSERT INTO key_holders (id, master_version, seen_at) VALUES ($1, $2, $3)
            ON CONFLICT (id) DO UPDATE SET master_version = $2, seen_at = $3""",
        holder_id,
        master_version,
        now,
    )


async def forget_holders(*, before: datetime, holder_id: UUID | None = None) -> None:
    """Forget processes that are gone, and one that says goodbye."""
    await db.execute("DELETE FROM key_holders WHERE seen_at < $1 OR id = $2", before, holder_id)


async def count_holders_behind(version: int, seen_after: datetime) -> int:
    """Count the running processes that do not hold a version of the master key."""
    return int(
        await db.fetch_value(
            "SELECT count(*) FROM key_holders WHERE master_version < $1 AND seen_at >= $2",
            version,
            seen_after,
        )
    )
