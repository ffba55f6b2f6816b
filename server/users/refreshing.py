"""Refresh tokens: traded for a new pair, each once (ADR 0004)."""

from datetime import datetime, timedelta

from server.config import settings
from server.db import Row, transaction
from server.errors import Unauthorized
from server.lib.opaque_tokens import hash_token
from server.lib.scope import Scope
from server.users import (
    access_tokens,
    queries_refreshing,
    queries_sessions,
    sessions,
    tokens,
)
from server.users.sessions import SESSION_LIFE, TokenPair

# Each refresh gives a session as much again, up to this age: once a year everybody proves who they
# are.
SESSION_LONGEST = timedelta(days=365)
# A client that lost our answer may repeat its refresh this long without being taken for a thief.
REPEAT_GRACE = timedelta(seconds=10)


async def refresh(refresh_token: str, *, now: datetime) -> tuple[Scope, TokenPair]:
    """Trade a refresh token for a new pair; each is good for one use.

    Within the grace a second use gets the same refresh token again, so that a session has one
    good one however often an answer is lost. After it somebody else holds it: the session ends.

    Raises:
        Unauthorized: `refresh_invalid`, or `refresh_reused`.
    """
    stolen: Scope | None = None
    async with transaction():
        row = await queries_refreshing.find_refresh_token(hash_token(refresh_token))
        if row is None or not _is_live(row, now):
            raise _refresh_invalid()
        scope = Scope(row["household_id"], row["user_id"])
        if row["used_at"] is not None and now - row["used_at"] > REPEAT_GRACE:
            stolen = scope
            await sessions.end_session(scope, row["session_id"], reason="refresh_reused", now=now)
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


async def _next(scope: Scope, row: Row, refresh_token: str, *, now: datetime) -> TokenPair:
    """Return the pair that follows a refresh token: the one it got before, or a new one.

    Raises:
        Unauthorized: `refresh_invalid`: its successor was used, so no answer was lost.
    """
    place = (scope.household_id, row["id"])
    if row["used_at"] is not None:
        if row["successor"] is None:
            raise _refresh_invalid()
        token, expires_at = await access_tokens.make(
            scope, row["session_id"], life_s=settings().access_token_s, now=now
        )
        same = tokens.open_successor(refresh_token, row["successor"], *place)
        return TokenPair(token, same, expires_at)
    pair, token_id = await sessions.issue(scope, row["session_id"], now=now)
    sealed = tokens.seal_successor(refresh_token, pair.refresh_token, *place)
    await queries_refreshing.use_refresh_token(scope, row, token_id, successor=sealed, now=now)
    return pair


def _is_live(row: Row, now: datetime) -> bool:
    return (
        row["session_revoked_at"] is None
        and row["disabled_at"] is None
        and row["session_expires_at"] > now
        and row["expires_at"] > now
    )


def _refresh_invalid() -> Unauthorized:
    return Unauthorized("The refresh token is not valid: sign in again.", code="refresh_invalid")
