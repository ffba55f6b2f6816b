"""Statements on password resets. Using one happens before there is a Scope: `find_`."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

# A password that was changed since makes every older reset void.
_GOOD = """r.token_hash = $1 AND r.expires_at > $2 AND r.used_at IS NULL
    AND u.id = r.user_id AND u.disabled_at IS NULL AND r.created_at >= u.password_changed_at"""


async def insert_reset(
    scope: Scope, reset_id: UUID, *, token_hash: bytes, now: datetime, expires_at: datetime
) -> None:
    """Add a reset."""
    await db.execute(
        """INSERT INTO password_resets
                (id, household_id, user_id, token_hash, created_at, expires_at)
            VALUES ($3, $1, $2, $4, $5, $6)""",
        scope.household_id,
        scope.user_id,
        reset_id,
        token_hash,
        now,
        expires_at,
    )


async def find_reset(token_hash: bytes, *, now: datetime) -> Row | None:
    """Return the good reset of a token."""
    return await db.fetch_row(
        f"SELECT r.id FROM password_resets r, users u WHERE {_GOOD}", token_hash, now
    )


async def find_and_use(token_hash: bytes, *, now: datetime) -> Row | None:
    """Use a reset up and return whose it is; of many at once one gets the row."""
    return await db.fetch_row(
        f"""UPDATE password_resets r SET used_at = $2 FROM users u WHERE {_GOOD}
            RETURNING r.id, r.household_id, r.user_id""",
        token_hash,
        now,
    )
