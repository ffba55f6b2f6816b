"""Statements of what admins do to users, and who the admins are."""

from datetime import datetime

from server import db
from server.db import Row
from server.lib.scope import Scope

_STANDING_LOCK = 0x7374616E64


async def lock_standing() -> None:
    """Let one user at a time lose a role or an account, until the transaction ends.

    Two who may go only as long as the other stays would else both go.
    """
    await db.execute("SELECT pg_advisory_xact_lock($1)", _STANDING_LOCK)


async def set_server_role(scope: Scope, role: str) -> bool:
    """Make the user an admin or a member; False when they are that already."""
    return bool(
        await db.execute(
            """UPDATE users SET server_role = $3, version = version + 1
                WHERE household_id = $1 AND id = $2 AND server_role <> $3""",
            scope.household_id,
            scope.user_id,
            role,
        )
    )


async def disable(scope: Scope, *, now: datetime) -> bool:
    """Let nobody sign in as the user; False when nobody can already."""
    return bool(
        await db.execute(
            """UPDATE users SET disabled_at = $3
                WHERE household_id = $1 AND id = $2 AND disabled_at IS NULL""",
            scope.household_id,
            scope.user_id,
            now,
        )
    )


async def enable(scope: Scope) -> bool:
    """Let a disabled user sign in again; False for who can already, or has closed the account."""
    return bool(
        await db.execute(
            """UPDATE users SET disabled_at = NULL
                WHERE household_id = $1 AND id = $2 AND disabled_at IS NOT NULL
                    AND NOT EXISTS (SELECT FROM erasures WHERE person_id = $2
                        AND cancelled_at IS NULL AND erased_at IS NULL)""",
            scope.household_id,
            scope.user_id,
        )
    )


async def list_admins_of_server() -> list[Row]:
    """Return household_id and id of each admin who may sign in."""
    return await db.fetch(
        """SELECT household_id, id FROM users
            WHERE server_role = 'admin' AND disabled_at IS NULL ORDER BY id"""
    )
