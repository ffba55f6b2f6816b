"""Sessions as their user sees them: which devices are signed in, and signing them out."""

from datetime import datetime
from uuid import UUID

from server.audit import service as audit
from server.db import transaction
from server.errors import NotFound
from server.lib import cursors
from server.lib.paging import ShortListQuery, read_cursor
from server.lib.scope import Scope
from server.users import queries_sessions as queries
from server.users import sessions
from server.users.schemas_mfa import SessionOut, SessionPage


async def list_sessions(
    scope: Scope, query: ShortListQuery, *, current: UUID | None, now: datetime
) -> SessionPage:
    """Return the user's live sessions, newest first; `current` is the one that asks.

    Raises:
        BadInput: the cursor is not one that this list gave.
    """
    after = read_cursor(query.cursor, (datetime, UUID))
    rows = await queries.list_sessions(
        scope, after=(after[0], after[1]) if after else None, limit=query.limit + 1, now=now
    )
    page = rows[: query.limit]
    more = len(rows) > query.limit
    return SessionPage(
        items=[SessionOut(**row, is_current=row["id"] == current) for row in page],
        next_cursor=cursors.encode((page[-1]["created_at"], page[-1]["id"])) if more else None,
    )


async def revoke_session(scope: Scope, session_id: UUID, *, now: datetime) -> None:
    """End one of the user's sessions; its tokens are worth nothing from now on.

    Raises:
        NotFound: the user has no such session, or it has ended.
    """
    if not await sessions.end_session(scope, session_id, reason="revoked", now=now):
        raise NotFound


async def revoke_others(scope: Scope, keep_id: UUID, *, now: datetime) -> None:
    """End all of the user's sessions but one."""
    await _end_all(scope, keep_id, by={}, actor=scope.user_id, now=now)


async def revoke_all(scope: Scope, *, by: dict[str, object], now: datetime) -> int:
    """End all of a user's sessions from the box's own command line; return how many.

    `by` names who did it, for the audit trail.
    """
    return await _end_all(scope, None, by=by, actor=None, now=now)


async def revoke_all_as(scope: Scope, *, actor_id: UUID, now: datetime) -> int:
    """End all of a user's sessions, as an admin; return how many."""
    return await _end_all(scope, None, by={}, actor=actor_id, now=now)


async def revoke_as(scope: Scope, session_id: UUID, *, actor_id: UUID, now: datetime) -> None:
    """End one session of a user's, as an admin.

    Raises:
        NotFound: the user has no such session, or it has ended.
    """
    reason = "revoked_by_admin"
    if not await sessions.end_session(scope, session_id, reason=reason, actor_id=actor_id, now=now):
        raise NotFound


async def revoke_any(session_id: UUID, *, by: dict[str, object], now: datetime) -> None:
    """End a session, whoever's it is, from the box's own command line; `by` names who did it.

    Raises:
        NotFound: there is no such session, or it has ended.
    """
    scope = await queries.find_owner(session_id)
    if scope is None:
        raise NotFound
    ended = await sessions.end_session(scope, session_id, reason="revoked_by_admin", by=by, now=now)
    if not ended:
        raise NotFound


async def _end_all(
    scope: Scope,
    keep_id: UUID | None,
    *,
    by: dict[str, object],
    actor: UUID | None,
    now: datetime,
) -> int:
    reason = "revoked" if actor == scope.user_id else "revoked_by_admin"
    async with transaction():
        ended = await sessions.end_other_sessions(scope, keep_id, reason=reason, now=now)
        await audit.record(
            scope.household_id,
            "sessions.ended",
            actor_id=actor,
            subject_kind="user",
            subject_id=scope.user_id,
            details={**by, "reason": reason, "sessions_ended": ended},
            now=now,
        )
    return ended
