"""Statements on replies that are kept for writes sent again."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope


async def lock_key(scope: Scope, key: str) -> bool:
    """Take a key until the transaction ends; False when another request has it."""
    return bool(
        await db.fetch_value(
            "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
            f"idempotency {scope.user_id} {key}",
        )
    )


async def get_reply(scope: Scope, key: str, *, now: datetime) -> Row | None:
    """Return {id, status, body (sealed)} of a key that has not expired.

    After `lock_key`, as a statement of its own: it must see what the last holder committed.
    """
    return await db.fetch_row(
        """SELECT id, status, body FROM idempotency_keys
            WHERE household_id = $1 AND user_id = $2 AND key = $3 AND expires_at > $4""",
        scope.household_id,
        scope.user_id,
        key,
        now,
    )


async def put_reply(
    scope: Scope,
    row_id: UUID,
    key: str,
    *,
    status: int,
    body: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Keep a reply; it takes the place of an expired one with the same key."""
    await db.execute(
        """INSERT INTO idempotency_keys
                (id, household_id, user_id, key, status, body, created_at, expires_at)
            VALUES ($3, $1, $2, $4, $5, $6, $7, $8)
            ON CONFLICT (user_id, key) DO UPDATE SET id = excluded.id, status = excluded.status,
                body = excluded.body, created_at = excluded.created_at,
                expires_at = excluded.expires_at""",
        scope.household_id,
        scope.user_id,
        row_id,
        key,
        status,
        body,
        now,
        expires_at,
    )
