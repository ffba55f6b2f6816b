"""Statements on API tokens. Recognising one happens before there is a Scope: `find_`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_COLUMNS = "t.id, t.name, t.scopes, t.created_at, t.last_used_at, t.expires_at"
_OWN = "t.household_id = $1 AND t.user_id = $2 AND t.revoked_at IS NULL"


async def insert_token(
    scope: Scope,
    token_id: UUID,
    *,
    name: str,
    scopes: Sequence[str],
    token_hash: bytes,
    limit: int,
    now: datetime,
    expires_at: datetime,
) -> Row | None:
    """Add a token; None when the user has `limit` that are not revoked or out of date."""
    return await db.fetch_row(
        f"""INSERT INTO api_tokens AS t
                (id, household_id, user_id, name, scopes, token_hash, created_at, expires_at)
            SELECT $3, $1, $2, $4, $5, $6, $7, $8
            WHERE (SELECT count(*) FROM api_tokens t WHERE {_OWN} AND t.expires_at > $7) < $9
            RETURNING {_COLUMNS}""",
        scope.household_id,
        scope.user_id,
        token_id,
        name,
        scopes,
        token_hash,
        now,
        expires_at,
        limit,
    )


async def list_tokens(scope: Scope) -> list[Row]:
    """Return the user's tokens that are not revoked, those out of date too."""
    return await db.fetch(
        f"SELECT {_COLUMNS} FROM api_tokens t WHERE {_OWN} ORDER BY t.created_at, t.id",
        scope.household_id,
        scope.user_id,
    )


async def renew_token(
    scope: Scope,
    token_id: UUID,
    *,
    token_hash: bytes,
    previous_until: datetime,
    expires_at: datetime,
) -> Row | None:
    """Replace a token's hash; the one before stays good until `previous_until`."""
    return await db.fetch_row(
        f"""UPDATE api_tokens t SET previous_hash = t.token_hash, previous_until = $4,
                token_hash = $5, expires_at = $6
            WHERE {_OWN} AND t.id = $3 RETURNING {_COLUMNS}""",
        scope.household_id,
        scope.user_id,
        token_id,
        previous_until,
        token_hash,
        expires_at,
    )


async def revoke_tokens(scope: Scope, token_id: UUID | None, *, now: datetime) -> list[UUID]:
    """End one of the user's tokens, or all (None); return the ids of those ended."""
    rows = await db.fetch(
        f"""UPDATE api_tokens t SET revoked_at = $4
            WHERE {_OWN} AND ($3::uuid IS NULL OR t.id = $3) RETURNING t.id""",
        scope.household_id,
        scope.user_id,
        token_id,
        now,
    )
    return [row["id"] for row in rows]


async def find_token(token_hash: bytes, *, now: datetime) -> Row | None:
    """Return a good token with whose it is; `good_until` is when this very hash ends.

    `has_mfa`: its user has a second factor in force.
    """
    return await db.fetch_row(
        """SELECT t.id, t.household_id, t.user_id, t.scopes, t.last_used_at, u.server_role, u.zone,
                least(t.expires_at, CASE WHEN t.token_hash <> $1 THEN t.previous_until END)
                    AS good_until,
                EXISTS (SELECT FROM totp_factors f WHERE f.household_id = u.household_id
                    AND f.user_id = u.id AND f.confirmed_at IS NOT NULL) AS has_mfa
            FROM api_tokens t JOIN users u ON u.id = t.user_id
            WHERE (t.token_hash = $1 OR (t.previous_hash = $1 AND t.previous_until > $2))
                AND t.revoked_at IS NULL AND t.expires_at > $2 AND u.disabled_at IS NULL""",
        token_hash,
        now,
    )


async def note_use(scope: Scope, token_id: UUID, *, now: datetime) -> None:
    """Note that a token is in use."""
    await db.execute(
        f"UPDATE api_tokens t SET last_used_at = $4 WHERE {_OWN} AND t.id = $3",
        scope.household_id,
        scope.user_id,
        token_id,
        now,
    )
