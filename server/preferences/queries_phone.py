"""Statements on codes that verify phones."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_OWN = "household_id = $1 AND user_id = $2"


async def lock_codes(scope: Scope, number_hash: bytes) -> None:
    """Hold a user's and a number's codes until the transaction ends: each is counted."""
    for name in (str(scope.user_id), number_hash.hex()):
        await db.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"phone_codes {name}"
        )


async def find_oldest_beyond(
    scope: Scope, number_hash: bytes, *, most: int, since: datetime
) -> datetime | None:
    """Return when the oldest of the last `most` codes was made, of the user or for the number.

    None: there were fewer since then. The number's may be anybody's: it is a phone that rings.
    """
    value: datetime | None = await db.fetch_value(
        """SELECT max(oldest) FROM (
            (SELECT created_at AS oldest FROM phone_codes
                WHERE household_id = $1 AND user_id = $2 AND created_at > $4
                ORDER BY created_at DESC OFFSET $5 LIMIT 1)
            UNION ALL
            (SELECT created_at FROM phone_codes WHERE number_hash = $3 AND created_at > $4
                ORDER BY created_at DESC OFFSET $5 LIMIT 1)) AS limits""",
        scope.household_id,
        scope.user_id,
        number_hash,
        since,
        most - 1,
    )
    return value


async def insert_code(
    scope: Scope,
    code_id: UUID,
    *,
    phone: bytes,
    number_hash: bytes,
    code_hash: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Add a code; it is the user's only one that counts."""
    await db.execute(
        f"UPDATE phone_codes SET expires_at = $3 WHERE {_OWN} AND expires_at > $3",
        scope.household_id,
        scope.user_id,
        now,
    )
    await db.execute(
        """INSERT INTO phone_codes
                (id, household_id, user_id, phone, number_hash, code_hash, created_at, expires_at)
            VALUES ($3, $1, $2, $4, $5, $6, $7, $8)""",
        scope.household_id,
        scope.user_id,
        code_id,
        phone,
        number_hash,
        code_hash,
        now,
        expires_at,
    )


async def get_open_code(scope: Scope, *, most: int, now: datetime) -> Row | None:
    """Return the code that may still be typed in."""
    return await db.fetch_row(
        f"""SELECT id, phone, attempts, expires_at FROM phone_codes
            WHERE {_OWN} AND used_at IS NULL AND expires_at > $3 AND attempts < $4
            ORDER BY created_at DESC LIMIT 1""",
        scope.household_id,
        scope.user_id,
        now,
        most,
    )


async def take_try(scope: Scope, *, most: int, now: datetime) -> Row | None:
    """Count a try at the user's open code and return it; None where there is none."""
    return await db.fetch_row(
        f"""UPDATE phone_codes SET attempts = attempts + 1
            WHERE {_OWN} AND used_at IS NULL AND expires_at > $3 AND attempts < $4
            RETURNING id, phone, code_hash, attempts""",
        scope.household_id,
        scope.user_id,
        now,
        most,
    )


async def use_code(scope: Scope, code_id: UUID, *, now: datetime) -> bool:
    """Spend a code; False when another request did."""
    return bool(
        await db.execute(
            f"""UPDATE phone_codes SET used_at = $4
                WHERE {_OWN} AND id = $3 AND used_at IS NULL""",
            scope.household_id,
            scope.user_id,
            code_id,
            now,
        )
    )


async def end_codes(scope: Scope, *, now: datetime) -> None:
    """Let no code of the user's count any more."""
    await db.execute(
        f"UPDATE phone_codes SET expires_at = $3 WHERE {_OWN} AND expires_at > $3",
        scope.household_id,
        scope.user_id,
        now,
    )
