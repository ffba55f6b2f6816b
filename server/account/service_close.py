"""Close an account: at once for its user, for good after a time of grace (ADR 0024)."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from server.account import queries_erasure as queries
from server.account.schemas import ClosedOut, CloseIn, ErasureOut
from server.audit import service as audit
from server.config import settings
from server.db import Row, transaction
from server.errors import Conflict, NotFound
from server.lib.ids import uuid7
from server.lib.opaque_tokens import hash_token, new_token
from server.lib.scope import Scope
from server.users import queries_admins, sessions, throttle
from server.users import service as users
from server.users.sessions import Identity

RESTORE_PREFIX = "cux_"

Shared = Literal["hand_over", "erase"]


async def close(identity: Identity, data: CloseIn, *, now: datetime) -> ClosedOut:
    """Close the caller's account; it is erased after ERASURE_GRACE_DAYS.

    Raises:
        WrongPassword: it does not fit. TriesUsedUp: too many did not.
        Conflict: `last_admin`; `last_owner`, unless they pass the ownership on;
            `already_closed`.
    """
    await throttle.check_own_password(
        identity.scope, identity.session_id, data.password, field="password", now=now
    )
    async with transaction():
        await queries_admins.lock_standing()
        standing = await _standing(identity.scope)
        if standing["server_role"] == "admin" and not standing["other_admins"]:
            raise _last_admin()
        inherits = standing["household_role"] == "owner" and not standing["other_owners"]
        if inherits and standing["successor_id"] and not data.pass_ownership:
            raise Conflict(
                "You are the household's only owner. Send pass_ownership to make the member who"
                " has been there longest its owner.",
                code="last_owner",
            )
        return await _close(
            identity.scope,
            standing,
            shared=data.shared,
            actor_id=identity.scope.user_id,
            now=now,
        )


async def close_for(
    email: str, *, shared: Shared, actor_id: UUID | None = None, now: datetime
) -> ClosedOut:
    """Close somebody's account, as an admin or, with no actor, from the box's own command line.

    The ownership of the household passes on by itself.

    Raises:
        NotFound: nobody has that e-mail. Conflict: `already_closed`; `last_admin`: others would
            be left without one.
    """
    scope = await users.find_scope(email)
    async with transaction():
        await queries_admins.lock_standing()
        standing = await _standing(scope)
        is_last = standing["server_role"] == "admin" and not standing["other_admins"]
        if is_last and standing["others"]:
            raise _last_admin()
        return await _close(scope, standing, shared=shared, actor_id=actor_id, now=now)


async def preview(email: str) -> dict[str, Any]:
    """Say what closing an account would erase, {rows, shared, successor}; changes nothing.

    Raises:
        NotFound: nobody has that e-mail.
    """
    scope = await users.find_scope(email)
    standing = await _standing(scope)
    return {
        "rows": await count_rows(scope),
        "shared": standing["shared"],
        "has_heir": standing["successor_id"] is not None,
        "is_last_user": not standing["others"],
    }


async def count_rows(scope: Scope) -> dict[str, int]:
    """Return how much of each table is the user's; tables with nothing of theirs are not named."""
    counts = await queries.count_rows(scope)
    return {table: number for table, number in counts.items() if number}


async def restore(restore_token: str, *, now: datetime) -> ErasureOut:
    """Open a closed account again, by the token that closing it gave.

    Raises:
        NotFound: there is no such token. Conflict: `not_restorable`: restored before, or begun.
    """
    async with transaction():
        row = await _find(restore_token)
        return await _restore(row, actor_id=row["person_id"], now=now)


async def restore_for(email: str, *, actor_id: UUID | None = None, now: datetime) -> ErasureOut:
    """Open a closed account again, as an admin or from the box's own command line.

    Raises:
        NotFound: nobody has that e-mail, or their account is not closed.
        Conflict: `not_restorable`.
    """
    scope = await users.find_scope(email)
    async with transaction():
        row = await queries.find_open_erasure(scope.user_id)
        if row is None:
            raise NotFound("That account is not closed.")
        return await _restore(row, actor_id=actor_id, now=now)


async def get_erasure(restore_token: str) -> ErasureOut:
    """Say how far an erasure is, by the token that closing the account gave; with its proof.

    Raises:
        NotFound: there is no such token.
    """
    async with transaction():
        return erasure_out(await _find(restore_token))


async def list_erasures() -> list[ErasureOut]:
    """Return every erasure, newest first, for the admin's commands."""
    return [erasure_out(row) for row in await queries.list_erasures_of_server()]


def erasure_out(row: Row) -> ErasureOut:
    """Return an erasure's row as a reply; its proof once all is erased."""
    return ErasureOut(
        id=row["id"],
        state=_state(row),
        requested_at=row["requested_at"],
        due_at=row["due_at"],
        erased_at=row["erased_at"],
        certificate=row["certificate"] if row["erased_at"] else None,
    )


def _state(row: Row) -> Literal["waiting", "restored", "erasing", "erased"]:
    if row["cancelled_at"] is not None:
        return "restored"
    if row["erased_at"] is not None:
        return "erased"
    return "waiting" if row["started_at"] is None else "erasing"


async def _close(
    scope: Scope,
    standing: Row,
    *,
    shared: Shared,
    actor_id: UUID | None,
    now: datetime,
) -> ClosedOut:
    token, token_hash = new_token(RESTORE_PREFIX)
    erasure_id, due_at = uuid7(), now + timedelta(days=settings().erasure_grace_days)
    await queries.insert_erasure(
        scope,
        {
            "id": erasure_id,
            "requested_at": now,
            "due_at": due_at,
            "shared": shared,
            "restore_hash": token_hash,
        },
    )
    passes = (
        standing["household_role"] == "owner"
        and not standing["other_owners"]
        and standing["successor_id"] is not None
    )
    if passes:
        await queries.make_owner(scope, standing["successor_id"])
    await sessions.end_other_sessions(scope, None, reason="account_closed", now=now)
    await audit.record(
        scope.household_id,
        "account.closed",
        actor_id=actor_id,
        subject_kind="user",
        subject_id=scope.user_id,
        details={"shared": shared, "ownership_passed": passes},
        now=now,
    )
    return ClosedOut(
        id=erasure_id,
        due_at=due_at,
        restore_token=token,
        shared=shared if standing["successor_id"] else "erase",
        ownership_passed=passes,
    )


async def _restore(row: Row, *, actor_id: UUID | None, now: datetime) -> ErasureOut:
    if _state(row) != "waiting":
        raise Conflict("This account cannot be restored any more.", code="not_restorable")
    scope = Scope(row["home_id"], row["person_id"])
    await queries.cancel(scope, row["id"], now=now)
    await audit.record(
        scope.household_id,
        "account.restored",
        actor_id=actor_id,
        subject_kind="user",
        subject_id=scope.user_id,
        now=now,
    )
    return erasure_out({**row, "cancelled_at": now})


async def _find(restore_token: str) -> Row:
    row = await queries.find_erasure(hash_token(restore_token))
    if row is None:
        raise NotFound
    return row


async def _standing(scope: Scope) -> Row:
    standing = await queries.get_standing(scope)
    if standing is None:
        raise NotFound
    if standing["disabled_at"] is not None and await queries.find_open_erasure(scope.user_id):
        raise Conflict("This account is closed already.", code="already_closed")
    return standing


def _last_admin() -> Conflict:
    return Conflict(
        "This is the server's only admin: make somebody else one first, by"
        " `catchup users role EMAIL admin`. On an otherwise empty server `catchup users delete`"
        " closes the account.",
        code="last_admin",
    )
