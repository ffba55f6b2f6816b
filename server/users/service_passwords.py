"""Set a password: by its user, or from the box's own command line."""

from datetime import datetime

from server.audit import service as audit
from server.db import transaction
from server.lib.scope import Scope
from server.users import lent, passwords, queries, queries_mfa, sessions, throttle
from server.users import service as users
from server.users.breached import refuse_breached
from server.users.schemas import ChangePasswordIn
from server.users.sessions import Identity


async def change_password(identity: Identity, data: ChangePasswordIn, *, now: datetime) -> None:
    """Replace the password; the user's other sessions end, and what they lent unless it is kept.

    Raises:
        BadInput: `password_breached`.
        WrongPassword: the current one does not fit. TriesUsedUp: too many did not.
    """
    await refuse_breached(data.new_password, field="new_password")
    await throttle.check_own_password(
        identity.scope,
        identity.session_id,
        data.current_password,
        field="current_password",
        now=now,
    )
    await set_password(
        identity.scope,
        data.new_password,
        keep_session=identity,
        keep_lent=data.keep_tokens,
        actor=identity.scope,
        now=now,
    )


async def reset_password(
    email: str, password: str, *, by: dict[str, object] | None = None, now: datetime
) -> None:
    """Set a password from the box's own command line; the user's sessions and what they lent end.

    `by` names who did it, for the audit trail. A second factor stays.

    Raises:
        BadInput: `password_breached`. NotFound: nobody has that e-mail.
    """
    await refuse_breached(password, field="password")
    scope = await users.find_scope(email)
    await set_password(scope, password, keep_session=None, actor=None, by=by, now=now)


async def set_password(
    scope: Scope,
    password: str,
    *,
    keep_session: Identity | None,
    keep_lent: bool = False,
    actor: Scope | None,
    by: dict[str, object] | None = None,
    now: datetime,
) -> None:
    """Store a new password; end the user's sessions but `keep_session`, and what they lent."""
    password_hash = await passwords.hash_password(password)
    async with transaction():
        await queries.set_password(scope, password_hash, now=now)
        await queries_mfa.delete_challenges(scope)
        ended = await sessions.end_other_sessions(
            scope,
            keep_session.session_id if keep_session else None,
            reason="password_changed",
            now=now,
        )
        ended_too = {} if keep_lent else await lent.end_all(scope, now=now)
        await audit.record(
            scope.household_id,
            "user.password_changed",
            actor_id=actor.user_id if actor else None,
            subject_kind="user",
            subject_id=scope.user_id,
            details={**(by or {}), "sessions_ended": ended, **ended_too},
            now=now,
        )
