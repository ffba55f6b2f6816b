"""A forgotten password: a link by mail, or from the box's own console (ADR 0022)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.audit import service as audit
from server.db import transaction
from server.errors import BadInput, FieldError
from server.lib.gcra import Rule
from server.lib.ids import uuid7
from server.lib.opaque_tokens import hash_token, new_token
from server.lib.scope import Scope
from server.outbox import service as outbox
from server.users import lent, passwords, sessions, throttle
from server.users import queries as users
from server.users import queries_resets as queries
from server.users.breached import refuse_breached
from server.users.schemas_resets import ResetConfirmIn

PREFIX = "cup_"
LIFE = timedelta(hours=1)
# Mails to one address; who asks more often is answered alike and gets none.
MAILS = Rule(3, 3600)

SUBJECT = "Choose a new password for CatchUp"
BODY = """Somebody, most likely you, asked to choose a new password for CatchUp.

Open this link within an hour:

{link}

An app may ask for this code instead:

{token}

If it was not you, do nothing: your password stays as it is.
"""
BODY_OF_ADMIN = """Who looks after CatchUp asks you to choose a new password.

Open this link within an hour:

{link}

An app may ask for this code instead:

{token}

Until you do, your password stays as it is.
"""


async def request_reset(email: str, *, address: str, base_url: str, now: datetime) -> None:
    """Leave a mail with a link, if there is such a user; the caller tells nobody whether.

    `email` is canonical. The link begins with `base_url`, which is never the request's word.
    """
    try:
        await throttle.take("reset", email, rule=MAILS, now=now)
    except throttle.TriesUsedUp:
        return
    row = await users.find_user_by_email(email)
    if row is None or row["disabled_at"] is not None:
        await audit.record(
            audit.SERVER_CHAIN,
            "user.password_reset_asked",
            actor_id=None,
            address=address,
            details={"known": False},
            now=now,
        )
        return
    scope = Scope(row["household_id"], row["id"])
    await _mail(scope, BODY, base_url=base_url, address=address, actor_id=None, now=now)


async def mail_link(scope: Scope, *, base_url: str, actor_id: UUID | None, now: datetime) -> None:
    """Leave a mail with a link for a user, as an admin; `actor_id` None: at the box itself."""
    await _mail(scope, BODY_OF_ADMIN, base_url=base_url, address=None, actor_id=actor_id, now=now)


async def make_link(
    scope: Scope,
    *,
    base_url: str,
    by: dict[str, Any],
    actor_id: UUID | None = None,
    now: datetime,
) -> str:
    """Return a link, told once: to the box's own console, which `by` names, or to an admin."""
    token = await _make(scope, address=None, by=by, actor_id=actor_id, now=now)
    return link(base_url, token)


async def _mail(
    scope: Scope,
    body: str,
    *,
    base_url: str,
    address: str | None,
    actor_id: UUID | None,
    now: datetime,
) -> None:
    async with transaction():
        token = await _make(scope, address=address, by={}, actor_id=actor_id, now=now)
        await outbox.write(
            scope,
            kind="password_reset",
            dedupe_key=f"password_reset:{hash_token(token).hex()}",
            subject=SUBJECT,
            body=body.format(link=link(base_url, token), token=token),
            now=now,
            life=LIFE,
            is_urgent=True,
            cause=outbox.Cause("account", scope.user_id),
        )


def link(base_url: str, token: str) -> str:
    """Return the address of the page on which a new password is chosen.

    What stands after the `#` is sent to no server and stands in no log.
    """
    return f"{base_url}/password-reset#{token}"


async def confirm_reset(data: ResetConfirmIn, *, address: str, now: datetime) -> None:
    """Set a new password; the user's sessions and what they lent end, a second factor stays.

    Raises:
        BadInput: `reset_invalid`: unknown, used, older than an hour or than the password;
            `password_breached`.
    """
    token_hash = hash_token(data.token)
    if await queries.find_reset(token_hash, now=now) is None:
        raise _invalid()
    await refuse_breached(data.new_password, field="new_password")
    password_hash = await passwords.hash_password(data.new_password)
    async with transaction():
        row = await queries.find_and_use(token_hash, now=now)
        if row is None:
            raise _invalid()
        scope = Scope(row["household_id"], row["user_id"])
        await users.set_password(scope, password_hash, now=now)
        await sessions.end_other_sessions(scope, None, reason="password_reset", now=now)
        ended = await lent.end_all(scope, now=now)
        await audit.record(
            scope.household_id,
            "user.password_reset",
            actor_id=scope.user_id,
            subject_kind="user",
            subject_id=scope.user_id,
            address=address,
            details=ended,
            now=now,
        )


async def _make(
    scope: Scope,
    *,
    address: str | None,
    by: dict[str, Any],
    actor_id: UUID | None,
    now: datetime,
) -> str:
    token, token_hash = new_token(PREFIX)
    async with transaction():
        await queries.insert_reset(
            scope, uuid7(), token_hash=token_hash, now=now, expires_at=now + LIFE
        )
        await audit.record(
            scope.household_id,
            "user.password_reset_asked",
            actor_id=actor_id,
            subject_kind="user",
            subject_id=scope.user_id,
            address=address,
            details={**by, "known": True},
            now=now,
        )
    return token


def _invalid() -> BadInput:
    message = "is used, out of date, or none of ours; ask for a new one"
    return BadInput(
        f"This token {message}.",
        code="reset_invalid",
        fields=[FieldError("token", "reset_invalid", message)],
    )
