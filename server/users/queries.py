"""Statements on households, users and sessions.

Signing in happens before there is a Scope; those functions say so in their names (`find_`).
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

USER_COLUMNS = """id, household_id, email, name, server_role, household_role, zone, place, language,
    is_test_user, created_at, version"""

# Registration is serialised, so that exactly one user is the first.
_REGISTRATION_LOCK = 0x72656769


async def lock_registration() -> bool:
    """Hold registration until the transaction ends; say whether any user exists."""
    await db.execute("SELECT pg_advisory_xact_lock($1)", _REGISTRATION_LOCK)
    return await find_any_user()


async def find_any_user() -> bool:
    """Say whether any user exists."""
    return bool(await db.fetch_value("SELECT EXISTS (SELECT FROM users)"))


async def insert_household(household_id: UUID, name: str, *, now: datetime) -> None:
    """Add a household."""
    await db.execute(
        "INSERT INTO households (id, name, created_at) VALUES ($1, $2, $3)", household_id, name, now
    )


async def find_household_of(email: str) -> UUID | None:
    """Return the household of the user with this canonical e-mail."""
    value = await db.fetch_value("SELECT household_id FROM users WHERE lower(email) = $1", email)
    return UUID(str(value)) if value else None


async def insert_user(scope: Scope, values: dict[str, Any], *, now: datetime) -> Row | None:
    """Add a user; None when the e-mail is taken."""
    return await db.fetch_row(
        f"""INSERT INTO users (id, household_id, email, name, password_hash, password_changed_at,
                server_role, household_role, zone, place, language, is_test_user, created_at)
            VALUES ($1, $2, $3, $4, $5, $12, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (lower(email)) DO NOTHING RETURNING {USER_COLUMNS}""",
        scope.user_id,
        scope.household_id,
        values["email"],
        values["name"],
        values["password_hash"],
        values["server_role"],
        values["household_role"],
        values["zone"],
        values["place"],
        values["language"],
        values["is_test_user"],
        now,
    )


async def find_user_by_email(email: str) -> Row | None:
    """Return the user with this canonical e-mail, hash and all; for signing in.

    `erased_from`: when a closed account will be erased; null for others.
    """
    return await db.fetch_row(
        f"""SELECT {USER_COLUMNS}, password_hash, disabled_at,
                (SELECT max(due_at) FROM erasures WHERE person_id = users.id
                    AND cancelled_at IS NULL AND erased_at IS NULL) AS erased_from
            FROM users WHERE lower(email) = $1""",
        email,
    )


async def list_users_of_server() -> list[Row]:
    """Return every user of the server, for the admin's commands; never for a member's route."""
    return await db.fetch(f"SELECT {USER_COLUMNS}, disabled_at FROM users ORDER BY created_at, id")


async def get_user(scope: Scope) -> Row | None:
    """Return the user of this scope."""
    return await db.fetch_row(
        f"SELECT {USER_COLUMNS}, password_hash FROM users WHERE household_id = $1 AND id = $2",
        scope.household_id,
        scope.user_id,
    )


async def lock_user(scope: Scope) -> Row | None:
    """Return the user of this scope, and hold them until the transaction ends."""
    return await db.fetch_row(
        f"""SELECT {USER_COLUMNS} FROM users WHERE household_id = $1 AND id = $2
            FOR NO KEY UPDATE""",
        scope.household_id,
        scope.user_id,
    )


async def update_profile(
    scope: Scope, values: dict[str, Any], *, expected: int | None
) -> Row | None:
    """Replace {name, zone, place, language}; None when the user has another version."""
    return await db.fetch_row(
        f"""UPDATE users SET name = $3, zone = $4, place = $5, language = $6,
                version = version + 1
            WHERE household_id = $1 AND id = $2 AND ($7::int IS NULL OR version = $7)
            RETURNING {USER_COLUMNS}""",
        scope.household_id,
        scope.user_id,
        values["name"],
        values["zone"],
        values["place"],
        values["language"],
        expected,
    )


async def lock_password_hash(scope: Scope) -> str | None:
    """Hold the user until the transaction ends; return the hash in force, None when disabled."""
    value = await db.fetch_value(
        """SELECT password_hash FROM users
            WHERE household_id = $1 AND id = $2 AND disabled_at IS NULL FOR NO KEY UPDATE""",
        scope.household_id,
        scope.user_id,
    )
    return None if value is None else str(value)


async def upgrade_password_hash(scope: Scope, password_hash: str) -> None:
    """Store the same password by today's algorithm: nothing else about the user changes."""
    await db.execute(
        "UPDATE users SET password_hash = $3 WHERE household_id = $1 AND id = $2",
        scope.household_id,
        scope.user_id,
        password_hash,
    )


async def set_password(scope: Scope, password_hash: str, *, now: datetime) -> None:
    """Replace the password hash."""
    await db.execute(
        """UPDATE users SET password_hash = $3, password_changed_at = $4, version = version + 1
            WHERE household_id = $1 AND id = $2""",
        scope.household_id,
        scope.user_id,
        password_hash,
        now,
    )


async def insert_session(
    scope: Scope,
    session_id: UUID,
    *,
    user_agent: str,
    address: str,
    now: datetime,
    expires_at: datetime,
    mfa_at: datetime | None,
    console: str | None = None,
) -> None:
    """Add a session of somebody who has just proven who they are; `console`: its scope."""
    await db.execute(
        """INSERT INTO sessions (id, household_id, user_id, user_agent, address, created_at,
                last_used_at, expires_at, proven_at, mfa_at, console)
            VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $6, $8, $9)""",
        session_id,
        scope.household_id,
        scope.user_id,
        user_agent[:255],
        address[:45],
        now,
        expires_at,
        mfa_at,
        console,
    )


async def find_session(session_id: UUID, *, now: datetime) -> Row | None:
    """Return a live session with what its user may do; for checking an access token."""
    return await db.fetch_row(
        """SELECT s.id, s.household_id, s.user_id, s.last_used_at, s.mfa_at, s.proven_at,
                s.console, u.server_role, u.zone
            FROM sessions s JOIN users u ON u.id = s.user_id
            WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2
                AND u.disabled_at IS NULL""",
        session_id,
        now,
    )


async def revoke_session(scope: Scope, session_id: UUID, *, reason: str, now: datetime) -> bool:
    """End one session; False when it had ended already."""
    return bool(
        await db.execute(
            """UPDATE sessions SET revoked_at = $4, revoked_reason = $5
                WHERE household_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL""",
            scope.household_id,
            scope.user_id,
            session_id,
            now,
            reason,
        )
    )


async def revoke_other_sessions(
    scope: Scope, keep_id: UUID | None, *, reason: str, now: datetime
) -> list[UUID]:
    """End every session of the user but one; return the ids of those ended."""
    rows = await db.fetch(
        """UPDATE sessions SET revoked_at = $4, revoked_reason = $5
            WHERE household_id = $1 AND user_id = $2 AND id IS DISTINCT FROM $3
                AND revoked_at IS NULL RETURNING id""",
        scope.household_id,
        scope.user_id,
        keep_id,
        now,
        reason,
    )
    return [row["id"] for row in rows]
