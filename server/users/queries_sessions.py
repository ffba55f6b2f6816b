"""Statements on sessions as their user sees them: a list of devices, and what each has proven."""

from datetime import datetime, timedelta
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_COLUMNS = """id, user_agent, address, created_at, last_used_at, expires_at,
    mfa_at IS NOT NULL AS has_mfa, console IS NOT NULL AS is_console"""
_LIVE = "household_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3"


async def list_sessions(
    scope: Scope, *, after: tuple[datetime, UUID] | None, limit: int, now: datetime
) -> list[Row]:
    """Return the user's live sessions after (created_at, id), newest first."""
    created_at, session_id = after or (None, None)
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM sessions
            WHERE {_LIVE} AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
            ORDER BY created_at DESC, id DESC LIMIT $6""",
        scope.household_id,
        scope.user_id,
        now,
        created_at,
        session_id,
        limit,
    )


async def list_ids(scope: Scope) -> list[UUID]:
    """Return the ids of the user's sessions that have not been revoked."""
    rows = await db.fetch(
        """SELECT id FROM sessions
            WHERE household_id = $1 AND user_id = $2 AND revoked_at IS NULL""",
        scope.household_id,
        scope.user_id,
    )
    return [row["id"] for row in rows]


async def find_owner(session_id: UUID) -> Scope | None:
    """Return whose session this is, for the admin's commands; never for a member's route."""
    row = await db.fetch_row("SELECT household_id, user_id FROM sessions WHERE id = $1", session_id)
    return Scope(row["household_id"], row["user_id"]) if row else None


async def note_use(scope: Scope, session_id: UUID, *, now: datetime) -> None:
    """Note that a session is in use."""
    await db.execute(
        """UPDATE sessions SET last_used_at = $4
            WHERE household_id = $1 AND user_id = $2 AND id = $3 AND last_used_at < $4""",
        scope.household_id,
        scope.user_id,
        session_id,
        now,
    )


async def note_proof(scope: Scope, session_id: UUID, *, by_code: bool, now: datetime) -> None:
    """Note that whoever holds a session has proven who they are, by a second factor or not."""
    await db.execute(
        """UPDATE sessions SET proven_at = $4, mfa_at = CASE WHEN $5 THEN $4 ELSE mfa_at END
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        session_id,
        now,
        by_code,
    )


async def forget_factor(scope: Scope) -> list[UUID]:
    """Let no session of the user count as one with a second factor; return the ids of those."""
    rows = await db.fetch(
        """UPDATE sessions SET mfa_at = NULL
            WHERE household_id = $1 AND user_id = $2 AND mfa_at IS NOT NULL RETURNING id""",
        scope.household_id,
        scope.user_id,
    )
    return [row["id"] for row in rows]


async def extend_session(
    scope: Scope, session_id: UUID, *, life: timedelta, longest: timedelta, now: datetime
) -> None:
    """Note that a session is in use: it lives for `life` more, but not `longest` after it began."""
    await db.execute(
        """UPDATE sessions SET last_used_at = $4,
                expires_at = least($4::timestamptz + $5::interval, created_at + $6::interval)
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        session_id,
        now,
        life,
        longest,
    )
