"""Who looks after the server."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.audit import service as audit
from server.db import transaction
from server.errors import Conflict
from server.lib.fields import canonical_email
from server.lib.scope import Scope
from server.users import queries, queries_admins, queries_sessions, sessions
from server.users import service as users

Role = Literal["admin", "member"]


async def list_admins() -> list[Scope]:
    """Return the scope of each admin: who is told what happens to the server."""
    rows = await queries_admins.list_admins_of_server()
    return [Scope(row["household_id"], row["id"]) for row in rows]


async def set_role(email: str, role: Role, *, actor_id: UUID | None = None, now: datetime) -> bool:
    """Make somebody an admin or a member; seen within 5 s. False: they were that already.

    `actor_id` is the admin who does it; None: the box's own command line.

    Raises:
        NotFound: nobody has that e-mail. Conflict: `last_admin`: there would be none left.
    """
    scope = await users.find_scope(email)
    async with transaction():
        if role == "member":
            await _demand_another_admin(scope)
        if not await queries_admins.set_server_role(scope, role):
            return False
        await sessions.forget_sessions(await queries_sessions.list_ids(scope))
        await _record(scope, "user.role_changed", actor_id, {"server_role": role}, now=now)
    return True


async def disable(email: str, *, actor_id: UUID | None = None, now: datetime) -> int:
    """Let nobody sign in as a user any more; return how many sessions ended.

    API tokens and invitations rest: they open nothing until the user is enabled again.

    Raises:
        NotFound: nobody has that e-mail.
        Conflict: `already_disabled`; `last_admin`: there would be none left.
    """
    scope = await users.find_scope(email)
    async with transaction():
        await _demand_another_admin(scope)
        if not await queries_admins.disable(scope, now=now):
            raise Conflict("Nobody can sign in as them already.", code="already_disabled")
        ended = await sessions.end_other_sessions(scope, None, reason="disabled", now=now)
        await _record(scope, "user.disabled", actor_id, {"sessions_ended": ended}, now=now)
    return ended


async def enable(email: str, *, actor_id: UUID | None = None, now: datetime) -> None:
    """Let a disabled user sign in again; what they lent to programs works again, too.

    Raises:
        NotFound: nobody has that e-mail.
        Conflict: `not_disabled`; `account_closed`: restore it instead.
    """
    scope = await users.find_scope(email)
    async with transaction():
        if not await queries_admins.enable(scope):
            row = await queries.find_user_by_email(canonical_email(email))
            if row is not None and row["erased_from"] is not None:
                raise Conflict("That account is closed: restore it.", code="account_closed")
            raise Conflict("They can sign in already.", code="not_disabled")
        await _record(scope, "user.enabled", actor_id, None, now=now)


async def _demand_another_admin(scope: Scope) -> None:
    await queries_admins.lock_standing()
    admins = await list_admins()
    if [one.user_id for one in admins] == [scope.user_id]:
        raise Conflict("Make somebody else an admin first.", code="last_admin")


async def _record(
    scope: Scope,
    action: str,
    actor_id: UUID | None,
    details: dict[str, object] | None,
    *,
    now: datetime,
) -> None:
    await audit.record(
        scope.household_id,
        action,
        actor_id=actor_id,
        subject_kind="user",
        subject_id=scope.user_id,
        details=details,
        now=now,
    )
