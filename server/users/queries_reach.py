"""Statements on how users are reached."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

# Phones change hands one at a time: seldom enough.
_PHONES_LOCK = 0x70686F6E


async def lock_phones() -> None:
    """Hold all verified phones as they are until the transaction ends."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _PHONES_LOCK)


async def find_by_phone(
    digests: Mapping[str, Sequence[bytes]], *, with_disabled: bool = False
) -> Row | None:
    """Return household_id and id of whose verified phone has one of these digests, by column."""
    return await db.fetch_row(
        """SELECT household_id, id FROM users
            WHERE (phone_index = ANY($1) OR phone_index_2 = ANY($2))
                AND phone_verified_at IS NOT NULL AND ($3 OR disabled_at IS NULL)""",
        digests["phone_index"],
        digests["phone_index_2"],
        with_disabled,
    )


async def find_by_email(email: str) -> Row | None:
    """Return household_id and id of who has this canonical address and may sign in."""
    return await db.fetch_row(
        "SELECT household_id, id FROM users WHERE lower(email) = $1 AND disabled_at IS NULL", email
    )


async def get_phone(scope: Scope) -> Row | None:
    """Return the user's verified phone, sealed, and since when."""
    return await db.fetch_row(
        """SELECT phone, phone_verified_at FROM users
            WHERE household_id = $1 AND id = $2 AND phone_verified_at IS NOT NULL""",
        scope.household_id,
        scope.user_id,
    )


async def set_phone(
    scope: Scope, sealed: bytes, columns: Mapping[str, bytes | UUID | None], *, now: datetime
) -> None:
    """Store the user's verified phone, with its digests."""
    await db.execute(
        """UPDATE users SET phone = $3, phone_verified_at = $4, phone_index = $5,
                phone_index_key_id = $6, phone_index_2 = $7, phone_index_2_key_id = $8
            WHERE household_id = $1 AND id = $2""",
        scope.household_id,
        scope.user_id,
        sealed,
        now,
        columns["phone_index"],
        columns["phone_index_key_id"],
        columns["phone_index_2"],
        columns["phone_index_2_key_id"],
    )


async def clear_phone(scope: Scope) -> bool:
    """Forget the user's phone and its digests; False when there was none."""
    return bool(
        await db.execute(
            """UPDATE users SET phone = NULL, phone_verified_at = NULL, phone_index = NULL,
                    phone_index_key_id = NULL, phone_index_2 = NULL, phone_index_2_key_id = NULL
                WHERE household_id = $1 AND id = $2 AND phone IS NOT NULL""",
            scope.household_id,
            scope.user_id,
        )
    )
