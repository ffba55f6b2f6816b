"""Sessions: opened at sign-in, named by each access token, ended at once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server import db
from server.audit import service as audit
from server.config import settings
from server.db import Row, after_commit, transaction
from server.errors import Unauthorized
from server.lib.ids import uuid7
from server.lib.opaque_tokens import new_token
from server.lib.scope import Scope
from server.users import (
    access_tokens,
    own_writes,
    queries,
    queries_refreshing,
    queries_sessions,
    tokens,
)
from server.users.permissions import (
    CONSOLE,
    Permission,
    permissions_of,
    withheld_from,
)

SESSION_LIFE = timedelta(days=90)
REFRESH_LIFE = timedelta(days=60)
# Logout elsewhere is seen here after this long at the latest.
CACHE_S = 5.0
CACHE_SIZE = 10_000
# "Last used" is told to a quarter of an hour: it must not cost a write for each request.
USE_NOTED = timedelta(minutes=15)
# How long a password or code counts for acts that cannot be taken back (guards.requires).
PROOF_LASTS = timedelta(minutes=10)

_identities: dict[UUID, tuple[float, "Identity"]] = {}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: scope, session and rights.

    `withheld` are rights of the user's role that this session lacks for want of a second factor.
    `proven_at` is when a password or code last proved who holds the session. `is_lent`: a program
    calls with an API token, whose id is `session_id`. `is_console`: somebody at the box acts in the
    user's name.
    """

    scope: Scope
    session_id: UUID
    permissions: frozenset[Permission]
    zone: str
    withheld: frozenset[Permission] = frozenset()
    proven_at: datetime | None = None
    is_lent: bool = False
    is_console: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from."""

    user_agent: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client holds."""

    token: str
    refresh_token: str
    expires_at: datetime


async def open_session(
    scope: Scope, device: Device, *, now: datetime, has_mfa: bool = False
) -> TokenPair:
    """Start a session on a device; call in the transaction that proves who it is.

    `has_mfa`: a second factor was shown.
    """
    session_id = uuid7()
    await queries.insert_session(
        scope,
        session_id,
        user_agent=device.user_agent,
        address=device.address,
        now=now,
        expires_at=now + SESSION_LIFE,
        mfa_at=now if has_mfa else None,
    )
    pair, _ = await issue(scope, session_id, now=now)
    await after_commit(lambda: own_writes.note(session_id))
    return pair


async def identify(access_token: str, *, now: datetime) -> Identity:
    """Return who holds an access token.

    Raises:
        Unauthorized: `token_invalid`, `token_expired` or `session_ended`.
    """
    claims = await access_tokens.verify(access_token, now=now)
    kept = _identities.get(claims.session_id)
    if kept and kept[0] > time.monotonic() - CACHE_S:
        return _checked(kept[1], claims)
    row = await queries.find_session(claims.session_id, now=now)
    if row is None:
        _identities.pop(claims.session_id, None)
        raise Unauthorized("This session has ended: sign in again.", code="session_ended")
    if now - row["last_used_at"] > USE_NOTED:
        await queries_sessions.note_use(_scope(row), row["id"], now=now)
    identity = _identity(row)
    if len(_identities) >= CACHE_SIZE:
        _identities.clear()
    _identities[claims.session_id] = (time.monotonic(), identity)
    return _checked(identity, claims)


async def logout(identity: Identity, *, now: datetime) -> None:
    """End the session that calls; its tokens are worth nothing from now on."""
    await end_session(identity.scope, identity.session_id, reason="logout", now=now)


async def end_session(
    scope: Scope,
    session_id: UUID,
    *,
    reason: str,
    by: dict[str, object] | None = None,
    actor_id: UUID | None = None,
    now: datetime,
) -> bool:
    """End one session of the user's; False when there is none that lives.

    `by` names who did it on the box's own command line, `actor_id` the admin who did; neither:
    the user.
    """
    async with transaction():
        await forget_sessions([session_id])
        if not await queries.revoke_session(scope, session_id, reason=reason, now=now):
            return False
        await audit.record(
            scope.household_id,
            "session.ended",
            actor_id=None if by else actor_id or scope.user_id,
            subject_kind="session",
            subject_id=session_id,
            details={**(by or {}), "reason": reason},
            now=now,
        )
    return True


async def end_other_sessions(
    scope: Scope, keep_id: UUID | None, *, reason: str, now: datetime
) -> int:
    """End all of a user's sessions but one; return how many."""
    ended = await queries.revoke_other_sessions(scope, keep_id, reason=reason, now=now)
    await forget_sessions(ended)
    return len(ended)


async def forget_identity(identity: Identity) -> None:
    """Read who calls anew next time: their zone changed; other processes see it in 5 s."""
    await forget_sessions([identity.session_id])


async def forget_sessions(session_ids: Sequence[UUID]) -> None:
    """Forget sessions after the commit: before it, another request would read the old row again."""

    async def forget() -> None:
        for session_id in session_ids:
            _identities.pop(session_id, None)

    await db.after_commit(forget)


def forget_cached() -> None:
    """Drop what is cached (tests that change the database under us)."""
    _identities.clear()
    access_tokens.forget_cached()


async def issue(scope: Scope, session_id: UUID, *, now: datetime) -> tuple[TokenPair, UUID]:
    """Return a session's next pair, and the id of its refresh token."""
    token, expires_at = await access_tokens.make(
        scope, session_id, life_s=settings().access_token_s, now=now
    )
    refresh_token, token_hash = new_token(tokens.REFRESH_PREFIX)
    token_id = uuid7()
    await queries_refreshing.insert_refresh_token(
        scope, session_id, token_id, token_hash, now=now, expires_at=now + REFRESH_LIFE
    )
    return TokenPair(token, refresh_token, expires_at), token_id


def _scope(row: Row) -> Scope:
    return Scope(row["household_id"], row["user_id"])


def _identity(row: Row) -> Identity:
    permissions = permissions_of(row["server_role"])
    if row["console"] is not None:
        # No second factor is asked for: who holds the box's secrets needs no leave.
        permissions &= CONSOLE[row["console"]]
        withheld = frozenset[Permission]()
    else:
        withheld = withheld_from(row["server_role"], has_mfa=row["mfa_at"] is not None)
    return Identity(
        _scope(row),
        row["id"],
        permissions - withheld,
        row["zone"],
        withheld,
        row["proven_at"],
        is_console=row["console"] is not None,
    )


def _checked(identity: Identity, claims: tokens.Claims) -> Identity:
    if identity.scope.user_id != claims.user_id:
        raise Unauthorized("The access token is not valid: sign in again.", code="token_invalid")
    return identity
