"""Statements on the key ring. Keys belong to a household, not to a user: no Scope here."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row


async def list_data_keys(household_ids: Sequence[UUID]) -> list[Row]:
    """Return the data keys of these households that may still be read, retired ones left out."""
    return await db.fetch(
        """SELECT id, household_id, data_class, state, wrapped FROM key_ring
            WHERE household_id = ANY($1) AND purpose = 'data'
                AND state IN ('readable', 'active', 'retiring')""",
        household_ids,
    )


async def list_without_key(data_classes: Sequence[str]) -> list[Row]:
    """Return {household_id, data_class} of each class for which a household has no key."""
    return await db.fetch(
        """SELECT h.id AS household_id, c.data_class
            FROM households AS h CROSS JOIN unnest($1::text[]) AS c (data_class)
            WHERE NOT EXISTS (SELECT FROM key_ring AS k WHERE k.household_id = h.id
                AND k.purpose = 'data' AND k.data_class = c.data_class)""",
        data_classes,
    )


async def list_server_keys(*purposes: str, with_ended: bool = False) -> list[Row]:
    """Return the server's own keys, newest version first; retired and revoked ones on request."""
    return await db.fetch(
        """SELECT id, purpose, key_version, state, wrapped FROM key_ring
            WHERE purpose = ANY($1) AND household_id IS NULL
                AND ($2 OR state IN ('readable', 'active', 'retiring'))
            ORDER BY key_version DESC""",
        purposes,
        with_ended,
    )


async def lock_ring(purpose: str) -> None:
    """Hold a purpose's part of the ring until the transaction ends: versions are counted up."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"key_ring {purpose}")


async def set_needed_until(key_id: UUID, until: datetime, *, now: datetime) -> None:
    """Note that nothing made with a retiring key is valid after `until`."""
    await db.execute(
        "UPDATE key_ring SET retiring_at = $3, needed_until = $2 WHERE id = $1", key_id, until, now
    )


async def hold_master() -> Row | None:
    """Return the row of the master key that wraps new keys, and keep it so until the commit."""
    return await db.fetch_row(
        """SELECT id, wrapped FROM key_ring WHERE purpose = 'master' AND state = 'active'
            FOR SHARE"""
    )


async def insert_keys(rows: Sequence[Row], *, now: datetime) -> None:
    """Add keys: {id, purpose, household_id, data_class, key_version, state, algorithm, wrapped}.

    One that another process added first is left out.
    """
    await db.execute(
        """INSERT INTO key_ring
                (id, purpose, household_id, data_class, key_version, state, algorithm, wrapped,
                created_at)
            SELECT *, $9 FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::int[],
                $6::text[], $7::text[], $8::bytea[])
            ON CONFLICT DO NOTHING""",
        *(
            [row[column] for row in rows]
            for column in (
                "id",
                "purpose",
                "household_id",
                "data_class",
                "key_version",
                "state",
                "algorithm",
                "wrapped",
            )
        ),
        now,
    )


async def any_user_exists() -> bool:
    """Say whether anything was ever stored here."""
    return bool(await db.fetch_value("SELECT EXISTS (SELECT FROM users)"))
