"""Statements on invitations. Using one happens before there is a Scope: `find_`."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_COLUMNS = "i.id, i.email, i.created_at, i.expires_at, i.used_at"
_OWN = "i.household_id = $1 AND i.user_id = $2 AND i.revoked_at IS NULL"
# Its maker may still invite, and whoever comes has the address that it names.
_GOOD = """i.token_hash = $1 AND (i.email IS NULL OR i.email = $2) AND i.expires_at > $3
    AND i.used_at IS NULL AND i.revoked_at IS NULL AND u.id = i.user_id AND u.disabled_at IS NULL
    AND (u.household_role = 'owner' OR u.server_role = 'admin')"""


async def insert_invitation(
    scope: Scope,
    invitation_id: UUID,
    *,
    email: str | None,
    token_hash: bytes,
    limit: int,
    now: datetime,
    expires_at: datetime,
) -> Row | None:
    """Add an invitation; None when the user has `limit` open ones."""
    return await db.fetch_row(
        f"""INSERT INTO invitations AS i
                (id, household_id, user_id, email, token_hash, created_at, expires_at)
            SELECT $3, $1, $2, $4, $5, $6, $7
            WHERE (SELECT count(*) FROM invitations i
                WHERE {_OWN} AND i.used_at IS NULL AND i.expires_at > $6) < $8
            RETURNING {_COLUMNS}""",
        scope.household_id,
        scope.user_id,
        invitation_id,
        email,
        token_hash,
        now,
        expires_at,
        limit,
    )


async def list_invitations(scope: Scope) -> list[Row]:
    """Return the user's invitations that are not revoked, used and expired ones too."""
    return await db.fetch(
        f"SELECT {_COLUMNS} FROM invitations i WHERE {_OWN} ORDER BY i.created_at, i.id",
        scope.household_id,
        scope.user_id,
    )


async def revoke_invitation(scope: Scope, invitation_id: UUID, *, now: datetime) -> bool:
    """End an invitation; False when the user has no such one."""
    return bool(
        await db.execute(
            f"UPDATE invitations i SET revoked_at = $4 WHERE {_OWN} AND i.id = $3",
            scope.household_id,
            scope.user_id,
            invitation_id,
            now,
        )
    )


async def revoke_open(scope: Scope, *, now: datetime) -> list[UUID]:
    """End every invitation of the user's that is good; return their ids."""
    rows = await db.fetch(
        f"""UPDATE invitations i SET revoked_at = $3
            WHERE {_OWN} AND i.used_at IS NULL AND i.expires_at > $3 RETURNING i.id""",
        scope.household_id,
        scope.user_id,
        now,
    )
    return [row["id"] for row in rows]


async def find_invitation(token_hash: bytes, email: str, *, now: datetime) -> Row | None:
    """Return the invitation of a token that this canonical e-mail may use, and whose it is."""
    return await db.fetch_row(
        f"""SELECT i.id, i.household_id, i.user_id FROM invitations i, users u WHERE {_GOOD}""",
        token_hash,
        email,
        now,
    )


async def find_and_use(token_hash: bytes, email: str, *, now: datetime) -> Row | None:
    """Use an invitation up, as `find_invitation` finds it; of many at once one gets the row."""
    return await db.fetch_row(
        f"""UPDATE invitations i SET used_at = $3 FROM users u WHERE {_GOOD}
            RETURNING i.id, i.household_id, i.user_id""",
        token_hash,
        email,
        now,
    )
