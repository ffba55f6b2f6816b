"""Statements on refresh tokens. Who comes with one is not known yet: `find_` says so."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope


async def insert_refresh_token(
    scope: Scope,
    session_id: UUID,
    token_id: UUID,
    token_hash: bytes,
    *,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Add the next link of a session's refresh chain."""
    await db.execute(
        """INSERT INTO refresh_tokens
                (id, household_id, user_id, session_id, token_hash, created_at, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        token_id,
        scope.household_id,
        scope.user_id,
        session_id,
        token_hash,
        now,
        expires_at,
    )


async def find_refresh_token(token_hash: bytes) -> Row | None:
    """Return a refresh token with its session, and hold it until the transaction ends."""
    return await db.fetch_row(
        """SELECT t.id, t.household_id, t.user_id, t.session_id, t.expires_at, t.used_at,
                t.successor, s.revoked_at AS session_revoked_at, s.expires_at AS session_expires_at,
                u.disabled_at
            FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
                JOIN users u ON u.id = t.user_id
            WHERE t.token_hash = $1 FOR UPDATE OF t""",
        token_hash,
    )


async def use_refresh_token(
    scope: Scope, token: Row, replaced_by: UUID, *, successor: bytes, now: datetime
) -> None:
    """Mark a refresh token as spent; `successor` is the next one, for who asks again.

    The one before it forgets this one: a dump and an old token must not lead to a good one.
    """
    await db.execute(
        """WITH before AS (UPDATE refresh_tokens SET successor = NULL
                WHERE household_id = $1 AND user_id = $2 AND session_id = $7 AND replaced_by = $3)
            UPDATE refresh_tokens SET used_at = $4, replaced_by = $5, successor = $6
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        token["id"],
        now,
        replaced_by,
        successor,
        token["session_id"],
    )
