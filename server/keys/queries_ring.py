"""Statements on single keys of the ring: their states, and who needs them. No Scope here."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.paging import Age, by_age

_KEY = """k.id, k.purpose, k.household_id, k.data_class, k.key_version, k.state, k.created_at,
    k.retiring_at, k.needed_until, k.retired_at,
    EXISTS (SELECT FROM archive_keys AS a WHERE a.key_id = k.id) AS is_archived"""


async def list_keys(
    *, purpose: str | None, state: str | None, sort: Age, after: UUID | None, limit: int
) -> list[Row]:
    """Return keys without their material, by age (their ids grow with time)."""
    direction, beyond = by_age(sort)
    return await db.fetch(
        f"""SELECT {_KEY} FROM key_ring AS k
            WHERE ($1::text IS NULL OR k.purpose = $1) AND ($2::text IS NULL OR k.state = $2)
                AND ($3::uuid IS NULL OR k.id {beyond} $3)
            ORDER BY k.id {direction} LIMIT $4""",
        purpose,
        state,
        after,
        limit,
    )


async def get_key(key_id: UUID) -> Row | None:
    """Return one key without its material."""
    return await db.fetch_row(f"SELECT {_KEY} FROM key_ring AS k WHERE k.id = $1", key_id)


async def newest_version(purpose: str) -> int:
    """Return the newest version of one of the server's own purposes; 0 where there is none."""
    return int(
        await db.fetch_value(
            """SELECT coalesce(max(key_version), 0) FROM key_ring
                WHERE purpose = $1 AND household_id IS NULL""",
            purpose,
        )
    )


async def activate(purpose: str, *, needed_until: datetime | None = None, now: datetime) -> bool:
    """Let the readable key of a purpose write and the active one only read; False without one."""
    readable = await db.fetch_value(
        """SELECT id FROM key_ring WHERE purpose = $1 AND household_id IS NULL
                AND state = 'readable' FOR UPDATE""",
        purpose,
    )
    if readable is None:
        return False
    await db.execute(
        """UPDATE key_ring SET state = 'retiring', retiring_at = $2, needed_until = $3
            WHERE purpose = $1 AND household_id IS NULL AND state = 'active'""",
        purpose,
        now,
        needed_until,
    )
    await db.execute("UPDATE key_ring SET state = 'active' WHERE id = $1", readable)
    return True


async def revoke(key_id: UUID, *, now: datetime) -> bool:
    """End a key before its time; False when it has ended already."""
    return bool(
        await db.execute(
            """UPDATE key_ring SET state = 'revoked', retired_at = $2
                WHERE id = $1 AND state IN ('readable', 'active', 'retiring')""",
            key_id,
            now,
        )
    )


async def retire(key_id: UUID, *, now: datetime) -> bool:
    """End a key that only reads; False when it does more, or an archive needs it."""
    return bool(
        await db.execute(
            """UPDATE key_ring AS k SET state = 'retired', retired_at = $2
                WHERE id = $1 AND state = 'retiring'
                    AND NOT EXISTS (SELECT FROM archive_keys AS a WHERE a.key_id = k.id)""",
            key_id,
            now,
        )
    )


async def retire_expired(purpose: str, *, now: datetime) -> int:
    """Retire keys of which nothing is valid any more; return their number."""
    return await db.execute(
        """UPDATE key_ring SET state = 'retired', retired_at = $2
            WHERE purpose = $1 AND state = 'retiring' AND needed_until < $2""",
        purpose,
        now,
    )


async def count_audit_entries(key_id: UUID) -> int:
    """Count the entries and anchors of the trail that a key signed."""
    return int(
        await db.fetch_value(
            """SELECT (SELECT count(*) FROM audit_entries WHERE substring(hash FROM 1 FOR 16) = $1)
                + (SELECT count(*) FROM audit_anchors WHERE substring(signature FROM 1 FOR 16) = $1)
            """,
            key_id.bytes,
        )
    )
