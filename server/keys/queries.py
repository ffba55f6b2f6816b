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
            WHERE household_id = ANY($1) AND purpose = 'data' AND state <> 'retired'""",
        household_ids,
    )


async def list_server_keys(purpose: str) -> list[Row]:
    """Return the server's own keys for `purpose`, newest version first, retired ones left out."""
    return await db.fetch(
        """SELECT id, key_version, state, wrapped FROM key_ring
            WHERE purpose = $1 AND household_id IS NULL AND state <> 'retired'
            ORDER BY key_version DESC""",
        purpose,
    )


async def insert_keys(rows: Sequence[Row], *, now: datetime) -> None:
    """Add keys: {id, purpose, household_id, data_class, key_version, state, algorithm, wrapped}."""
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
