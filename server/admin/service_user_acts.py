"""What an admin does to a user. Each act answers what it touched; the trail names the admin."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from server.account import service_close, service_export
from server.admin import rules_users
from server.admin.schemas_users import (
    Act,
    ActOut,
    EraseIn,
    ExportIn,
    ResetPasswordIn,
    ResetPasswordOut,
    RoleIn,
)
from server.admin.service_users import find, user_out
from server.db import Row
from server.errors import BadInput, Conflict, FieldError
from server.lib.scope import Scope
from server.users import admins, mfa, resets, service_sessions


async def disable(user_id: UUID, *, actor_id: UUID, now: datetime) -> ActOut:
    """Let nobody sign in as a user any more; their sessions end at once.

    Raises:
        NotFound: there is no such user. Conflict: `already_disabled` or `last_admin`.
    """
    row = await find(user_id, now=now)
    ended = await admins.disable(row["email"], actor_id=actor_id, now=now)
    return await _done("disable", user_id, {"sessions_ended": ended}, now=now)


async def enable(user_id: UUID, *, actor_id: UUID, now: datetime) -> ActOut:
    """Let a disabled user sign in again.

    Raises:
        NotFound: there is no such user. Conflict: `not_disabled` or `account_closed`.
    """
    row = await find(user_id, now=now)
    await admins.enable(row["email"], actor_id=actor_id, now=now)
    return await _done("enable", user_id, {"api_tokens": row["api_tokens"]}, now=now)


async def set_role(user_id: UUID, data: RoleIn, *, actor_id: UUID, now: datetime) -> ActOut:
    """Make somebody an admin or a member of the server.

    Raises:
        NotFound: there is no such user. Conflict: `last_admin`.
    """
    row = await find(user_id, now=now)
    changed = await admins.set_role(row["email"], data.role, actor_id=actor_id, now=now)
    return await _done("role", user_id, {"role_changed": int(changed)}, now=now)


async def reset_password(
    user_id: UUID, data: ResetPasswordIn, *, base_url: str, actor_id: UUID, now: datetime
) -> ResetPasswordOut:
    """Give a user a link by which they choose a new password: by mail, or in the reply.

    Raises:
        NotFound: there is no such user. Conflict: `user_disabled`.
    """
    row = await find(user_id, now=now)
    _demand("reset-password", row)
    scope = _scope(row)
    link = None
    if data.by == "mail":
        await resets.mail_link(scope, base_url=base_url, actor_id=actor_id, now=now)
    else:
        link = await resets.make_link(scope, base_url=base_url, by={}, actor_id=actor_id, now=now)
    return ResetPasswordOut(user_id=user_id, by=data.by, link=link, expires_at=now + resets.LIFE)


async def reset_mfa(user_id: UUID, *, actor_id: UUID, now: datetime) -> ActOut:
    """Take a user's second factor away; all of their sessions end.

    Raises:
        NotFound: there is no such user.
    """
    row = await find(user_id, now=now)
    touched = await mfa.reset(_scope(row), by={}, actor_id=actor_id, now=now)
    return await _done("reset-mfa", user_id, touched, now=now)


async def export(
    user_id: UUID, data: ExportIn, *, actor_id: UUID, now: datetime
) -> AsyncIterator[bytes]:
    """Return everything that is a user's, in parts.

    Raises:
        NotFound: there is no such user. BadInput: `confirm_mismatch`.
    """
    row = await find(user_id, now=now)
    _demand_typed(row, data.confirm)
    return await service_export.export(_scope(row), data.format, actor_id=actor_id, now=now)


async def erase(user_id: UUID, data: EraseIn, *, actor_id: UUID, now: datetime) -> ActOut:
    """Close a user's account; it is erased when the time of grace is over.

    Raises:
        NotFound: there is no such user. BadInput: `confirm_mismatch`.
        Conflict: `already_closed` or `last_admin`.
    """
    row = await find(user_id, now=now)
    _demand_typed(row, data.confirm)
    closed = await service_close.close_for(
        row["email"], shared=data.shared, actor_id=actor_id, now=now
    )
    touched = {
        "sessions_ended": row["sessions"],
        "ownership_passed": int(closed.ownership_passed),
    }
    return await _done("erase", user_id, touched, now=now)


async def restore(user_id: UUID, *, actor_id: UUID, now: datetime) -> ActOut:
    """Open a closed account again.

    Raises:
        NotFound: there is no such user. Conflict: `not_closed`, or `not_restorable`: it is begun.
    """
    row = await find(user_id, now=now)
    _demand("restore", row)
    await service_close.restore_for(row["email"], actor_id=actor_id, now=now)
    return await _done("restore", user_id, {"api_tokens": row["api_tokens"]}, now=now)


async def end_sessions(
    user_id: UUID, session_id: UUID | None, *, actor_id: UUID, now: datetime
) -> ActOut:
    """Sign a user out on one device, or, with no session named, on all of them.

    Raises:
        NotFound: there is no such user, or they have no such session.
    """
    scope = _scope(await find(user_id, now=now))
    if session_id is None:
        ended = await service_sessions.revoke_all_as(scope, actor_id=actor_id, now=now)
    else:
        await service_sessions.revoke_as(scope, session_id, actor_id=actor_id, now=now)
        ended = 1
    return await _done("end-sessions", user_id, {"sessions_ended": ended}, now=now)


def _scope(row: Row) -> Scope:
    return Scope(row["household_id"], row["id"])


def _demand(act: Act, row: Row) -> None:
    code = rules_users.refusal(act, row, role=None)
    if code is not None:
        raise Conflict(rules_users.REFUSALS[code], code=code)


def _demand_typed(row: Row, confirm: str) -> None:
    if confirm != row["email"]:
        raise BadInput(
            "Type the e-mail of the user whom it is about.",
            code="confirm_mismatch",
            fields=[FieldError("confirm", "confirm_mismatch", "is not this user's e-mail")],
        )


async def _done(act: Act, user_id: UUID, touched: dict[str, int], *, now: datetime) -> ActOut:
    return ActOut(act=act, user=user_out(await find(user_id, now=now)), touched=touched)
