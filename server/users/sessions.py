"""Sessions: opened at sign-in, named by each access token, ended at once."""

import hashlib
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
from server.keys import server_keys
from server.keys.server_keys import SigningKeys
from server.lib.ids import uuid7
from server.lib.opaque_tokens import hash_token, new_token
from server.lib.scope import Scope
from server.users import own_writes, queries, queries_sessions, tokens
from server.users.permissions import Permission, permissions_of, withheld_from

SESSION_LIFE = timedelta(days=90)
# Each refresh gives it as much again, up to this age: once a year everybody proves who they are.
SESSION_LONGEST = timedelta(days=365)
REFRESH_LIFE = timedelta(days=60)
# A client that lost our answer may repeat its refresh this long without being taken for a thief.
REPEAT_GRACE = timedelta(seconds=10)
# Logout elsewhere and a revoked signing key are seen here after this long at the latest.
CACHE_S = 5.0
CACHE_SIZE = 10_000
# A token of a key that is not known here may be of one that is a moment old: look again, but not
# for each token that somebody makes up.
LOOK_AGAIN_S = 1.0
# "Last used" is told to a quarter of an hour: it must not cost a write for each request.
USE_NOTED = timedelta(minutes=15)
# How long a password or code counts for acts that cannot be taken back (guards.requires).
PROOF_LASTS = timedelta(minutes=10)

_identities: dict[UUID, tuple[float, "Identity"]] = {}
_keys: list[tuple[float, SigningKeys]] = []
# Tokens that the keys of now have verified, by SHA-256: a client sends one for minutes.
_verified: dict[bytes, tokens.Claims] = {}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: scope, session and rights.

    `withheld` are rights of the user's role that this session lacks for want of a second factor.
    `proven_at` is when a password or code last proved who holds the session. `is_lent`: a program
    calls with an API token, whose id is `session_id`.
    """

    scope: Scope
    session_id: UUID
    permissions: frozenset[Permission]
    zone: str
    withheld: frozenset[Permission] = frozenset()
    proven_at: datetime | None = None
    is_lent: bool = False


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
    pair, _ = await _issue(scope, session_id, now=now)
    await after_commit(lambda: own_writes.note(session_id))
    return pair


async def refresh(refresh_token: str, *, now: datetime) -> tuple[Scope, TokenPair]:
    """Trade a refresh token for a new pair; each is good for one use.

    Within the grace a second use gets the same refresh token again, so that a session has one
    good one however often an answer is lost. After it somebody else holds it: the session ends.

    Raises:
        Unauthorized: `refresh_invalid`, or `refresh_reused`.
    """
    stolen: Scope | None = None
    async with transaction():
        row = await queries.find_refresh_token(hash_token(refresh_token))
        if row is None or not _is_live(row, now):
            raise _refresh_invalid()
        scope = _scope(row)
        if row["used_at"] is not None and now - row["used_at"] > REPEAT_GRACE:
            stolen = scope
            await end_session(scope, row["session_id"], reason="refresh_reused", now=now)
        else:
            pair = await _next(scope, row, refresh_token, now=now)
            lives = {"life": SESSION_LIFE, "longest": SESSION_LONGEST}
            await queries_sessions.extend_session(scope, row["session_id"], **lives, now=now)
    if stolen:
        raise Unauthorized(
            "This refresh token was used before; its session has ended. Sign in again.",
            code="refresh_reused",
        )
    return scope, pair


async def identify(access_token: str, *, now: datetime) -> Identity:
    """Return who holds an access token.

    Raises:
        Unauthorized: `token_invalid`, `token_expired` or `session_ended`.
    """
    claims = await _verify(access_token, now=now)
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
    now: datetime,
) -> bool:
    """End one session of the user's; False when there is none that lives.

    `by` names who did it on the box's own command line; None: the user.
    """
    async with transaction():
        await forget_sessions([session_id])
        if not await queries.revoke_session(scope, session_id, reason=reason, now=now):
            return False
        await audit.record(
            scope.household_id,
            "session.ended",
            actor_id=None if by else scope.user_id,
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
    _keys.clear()
    _verified.clear()


async def _issue(scope: Scope, session_id: UUID, *, now: datetime) -> tuple[TokenPair, UUID]:
    token, expires_at = await _access_token(scope, session_id, now=now)
    refresh_token, token_hash = new_token(tokens.REFRESH_PREFIX)
    token_id = uuid7()
    await queries.insert_refresh_token(
        scope, session_id, token_id, token_hash, now=now, expires_at=now + REFRESH_LIFE
    )
    return TokenPair(token, refresh_token, expires_at), token_id


async def _access_token(scope: Scope, session_id: UUID, *, now: datetime) -> tuple[str, datetime]:
    return tokens.make_access_token(
        await _signing_keys(now=now),
        user_id=scope.user_id,
        session_id=session_id,
        now=now,
        life_s=settings().access_token_s,
    )


async def _next(scope: Scope, row: Row, refresh_token: str, *, now: datetime) -> TokenPair:
    """Return the pair that follows a refresh token: the one it got before, or a new one.

    Raises:
        Unauthorized: `refresh_invalid`: its successor was used, so no answer was lost.
    """
    place = (scope.household_id, row["id"])
    if row["used_at"] is not None:
        if row["successor"] is None:
            raise _refresh_invalid()
        token, expires_at = await _access_token(scope, row["session_id"], now=now)
        same = tokens.open_successor(refresh_token, row["successor"], *place)
        return TokenPair(token, same, expires_at)
    pair, token_id = await _issue(scope, row["session_id"], now=now)
    sealed = tokens.seal_successor(refresh_token, pair.refresh_token, *place)
    await queries.use_refresh_token(scope, row, token_id, successor=sealed, now=now)
    return pair


async def _signing_keys(*, now: datetime, again: bool = False) -> SigningKeys:
    life_s = LOOK_AGAIN_S if again else CACHE_S
    if not _keys or _keys[0][0] < time.monotonic() - life_s:
        _keys[:] = [(time.monotonic(), await server_keys.signing_keys(now=now))]
        _verified.clear()
    return _keys[0][1]


async def _verify(token: str, *, now: datetime) -> tokens.Claims:
    """Read a token; one that the keys of now have verified already only for its time.

    What was verified goes when the keys are read again: a revoked key opens nothing longer.
    """
    keys = await _signing_keys(now=now)
    name = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
    claims = _verified.get(name)
    if claims is not None:
        tokens.check_expiry(claims, now=now)
        return claims
    if tokens.names_unknown_key(keys, token):
        keys = await _signing_keys(now=now, again=True)
    claims = tokens.read_access_token(keys, token, now=now)
    if len(_verified) >= CACHE_SIZE:
        _verified.clear()
    _verified[name] = claims
    return claims


def _scope(row: Row) -> Scope:
    return Scope(row["household_id"], row["user_id"])


def _identity(row: Row) -> Identity:
    withheld = withheld_from(row["server_role"], has_mfa=row["mfa_at"] is not None)
    return Identity(
        _scope(row),
        row["id"],
        permissions_of(row["server_role"]) - withheld,
        row["zone"],
        withheld,
        row["proven_at"],
    )


def _checked(identity: Identity, claims: tokens.Claims) -> Identity:
    if identity.scope.user_id != claims.user_id:
        raise Unauthorized("The access token is not valid: sign in again.", code="token_invalid")
    return identity


def _is_live(row: Row, now: datetime) -> bool:
    return (
        row["session_revoked_at"] is None
        and row["disabled_at"] is None
        and row["session_expires_at"] > now
        and row["expires_at"] > now
    )


def _refresh_invalid() -> Unauthorized:
    return Unauthorized("The refresh token is not valid: sign in again.", code="refresh_invalid")
