"""Invitations: an owner lets somebody into their household, once (ADR 0022)."""

from datetime import datetime, timedelta
from uuid import UUID

from server.audit import service as audit
from server.db import Row, transaction
from server.errors import BadInput, Conflict, FieldError, Forbidden, NotFound
from server.lib.ids import uuid7
from server.lib.opaque_tokens import hash_token, new_token
from server.lib.paging import ShortListQuery, page_of
from server.lib.scope import Scope
from server.users import queries as users
from server.users import queries_invitations as queries
from server.users import throttle
from server.users.schemas import RegisterIn
from server.users.schemas_invitations import (
    InvitationCreated,
    InvitationIn,
    InvitationOut,
    InvitationPage,
)

PREFIX = "cui_"
LIFE = timedelta(days=7)
MOST_OPEN = 50


async def create_invitation(
    scope: Scope, data: InvitationIn, *, now: datetime
) -> InvitationCreated:
    """Invite somebody into the caller's household; the token is told here and never again.

    Raises:
        Forbidden: `may_not_invite`: the caller is neither the household's owner nor an admin.
        Conflict: `too_many_invitations`: 50 are open.
    """
    token, token_hash = new_token(PREFIX)
    async with transaction():
        await _check_right(scope)
        row = await queries.insert_invitation(
            scope,
            uuid7(),
            email=data.email,
            token_hash=token_hash,
            limit=MOST_OPEN,
            now=now,
            expires_at=now + LIFE,
        )
        if row is None:
            raise Conflict(
                f"{MOST_OPEN} invitations are open; revoke some.", code="too_many_invitations"
            )
        await _record(scope, "invitation.created", row["id"], now=now)
    return InvitationCreated(**row, token=token)


async def list_invitations(scope: Scope, query: ShortListQuery) -> InvitationPage:
    """Return a page of the caller's invitations, oldest first.

    Raises:
        BadInput: the cursor is not one that this list gave.
    """
    found = [InvitationOut(**row) for row in await queries.list_invitations(scope)]
    items, next_cursor = page_of(found, query, lambda one: (one.created_at, one.id), datetime, UUID)
    return InvitationPage(items=items, next_cursor=next_cursor)


async def revoke_invitation(scope: Scope, invitation_id: UUID, *, now: datetime) -> None:
    """End an invitation: its token opens nothing from now on.

    Raises:
        NotFound: the caller has no such invitation.
    """
    async with transaction():
        if not await queries.revoke_invitation(scope, invitation_id, now=now):
            raise NotFound
        await _record(scope, "invitation.revoked", invitation_id, now=now)


async def revoke_open(scope: Scope, *, now: datetime) -> int:
    """End every invitation of a user's that nobody has used; return how many."""
    ended = await queries.revoke_open(scope, now=now)
    for one in ended:
        await _record(scope, "invitation.revoked", one, now=now)
    return len(ended)


async def check(data: RegisterIn, *, now: datetime) -> bool:
    """Say whether a registration comes with an invitation, before a hash is spent on it.

    Each costs one of the few tries of the invitation: nobody asks with one whose e-mails are here.

    Raises:
        BadInput: `invitation_invalid`. TriesUsedUp: it was tried too often.
    """
    if data.invitation is None:
        return False
    row = await queries.find_invitation(hash_token(data.invitation), data.email, now=now)
    if row is None:
        raise _invalid()
    await throttle.take("invitation", str(row["id"]), now=now)
    return True


async def use(data: RegisterIn, *, now: datetime) -> Scope | None:
    """Use the invitation up; return the new user's scope, None without an invitation.

    In the transaction that makes the user: of many at once one comes in.

    Raises:
        BadInput: `invitation_invalid`.
    """
    if data.invitation is None:
        return None
    row: Row | None = await queries.find_and_use(hash_token(data.invitation), data.email, now=now)
    if row is None:
        raise _invalid()
    inviter = Scope(row["household_id"], row["user_id"])
    await _record(inviter, "invitation.used", row["id"], now=now)
    return Scope(row["household_id"], uuid7())


def closed() -> Forbidden:
    """Return the refusal of who comes without an invitation."""
    return Forbidden(
        "New users join by invitation. The admin can allow registration with"
        " REGISTRATION=open, or make a user with `catchup users create`.",
        code="registration_closed",
    )


async def _check_right(scope: Scope) -> None:
    row = await users.get_user(scope)
    if row is None or (row["household_role"], row["server_role"]) == ("member", "member"):
        raise Forbidden("Only the household's owner or an admin may invite.", code="may_not_invite")


async def _record(scope: Scope, action: str, invitation_id: UUID, *, now: datetime) -> None:
    await audit.record(
        scope.household_id,
        action,
        actor_id=scope.user_id,
        subject_kind="invitation",
        subject_id=invitation_id,
        now=now,
    )


def _invalid() -> BadInput:
    message = "is used, revoked, out of date, meant for another e-mail, or none of ours"
    return BadInput(
        f"This invitation {message}.",
        code="invitation_invalid",
        fields=[FieldError("invitation", "invitation_invalid", message)],
    )
