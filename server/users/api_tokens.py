"""API tokens: rights lent to a program, for a time (ADR 0022)."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from server import db
from server.audit import service as audit
from server.db import Row, transaction
from server.errors import Conflict, Forbidden, NotFound, Unauthorized
from server.lib.ids import uuid7
from server.lib.opaque_tokens import hash_token, new_token
from server.lib.paging import ShortListQuery, page_of
from server.lib.scope import Scope
from server.users import queries_api_tokens as queries
from server.users.permissions import NEVER_LENT, Permission, permissions_of, withheld_from
from server.users.schemas_api_tokens import (
    TokenCreated,
    TokenIn,
    TokenOut,
    TokenPage,
    TokenRenewal,
)
from server.users.sessions import CACHE_S, CACHE_SIZE, Identity

PREFIX = "cut_"
LONGEST = 200
MOST_TOKENS = 50
# A use is not a write each time.
USE_NOTED_EVERY = timedelta(minutes=1)

# By hash: when it was read (monotonic), who calls with it, and when that hash ends by itself.
_known: dict[bytes, tuple[float, Identity, datetime]] = {}


async def create_token(
    scope: Scope, permissions: frozenset[Permission], data: TokenIn, *, now: datetime
) -> TokenCreated:
    """Make a token; its secret is told here and never again. `permissions` are its maker's.

    Raises:
        Forbidden: `permission_missing`: it would may more than its maker.
        Conflict: `too_many_tokens`: the user has 50.
    """
    wanted = sorted(set(data.scopes))
    missing = [one for one in wanted if one not in permissions - NEVER_LENT]
    if missing:
        raise Forbidden(f"You cannot lend {missing[0]}.", code="permission_missing")
    secret, secret_hash = new_token(PREFIX)
    async with transaction():
        row = await queries.insert_token(
            scope,
            uuid7(),
            name=data.name,
            scopes=[str(one) for one in wanted],
            token_hash=secret_hash,
            limit=MOST_TOKENS,
            now=now,
            expires_at=now + timedelta(days=data.expires_in_days),
        )
        if row is None:
            raise Conflict(
                f"You have {MOST_TOKENS} tokens; revoke one that nothing uses.",
                code="too_many_tokens",
            )
        await _record(scope, "token.created", row["id"], row["scopes"], now=now)
    return TokenCreated(**_fields(row), token=secret)


async def list_tokens(scope: Scope, query: ShortListQuery) -> TokenPage:
    """Return a page of the caller's tokens, oldest first.

    Raises:
        BadInput: the cursor is not one that this list gave.
    """
    found = [TokenOut(**_fields(row)) for row in await queries.list_tokens(scope)]
    items, next_cursor = page_of(found, query, lambda one: (one.created_at, one.id), datetime, UUID)
    return TokenPage(items=items, next_cursor=next_cursor)


async def renew_token(
    scope: Scope, token_id: UUID, data: TokenRenewal, *, now: datetime
) -> TokenCreated:
    """Give a token a new secret and a new life; the secret before ends after the grace.

    One from before that ends at once: there are never more than two.

    Raises:
        NotFound: the caller has no such token.
    """
    secret, secret_hash = new_token(PREFIX)
    async with transaction():
        row = await queries.renew_token(
            scope,
            token_id,
            token_hash=secret_hash,
            previous_until=now + timedelta(minutes=data.grace_minutes),
            expires_at=now + timedelta(days=data.expires_in_days),
        )
        if row is None:
            raise NotFound
        await _record(scope, "token.renewed", token_id, row["scopes"], now=now)
        await _forget([token_id])
    return TokenCreated(**_fields(row), token=secret)


async def revoke_token(scope: Scope, token_id: UUID, *, now: datetime) -> None:
    """End a token: refused here at once, and in 5 s everywhere.

    Raises:
        NotFound: the caller has no such token.
    """
    if not await _revoke(scope, token_id, now=now):
        raise NotFound


async def revoke_all(scope: Scope, *, now: datetime) -> int:
    """End every token of a user; return how many."""
    return len(await _revoke(scope, None, now=now))


async def identify(token: str, *, now: datetime) -> Identity:
    """Return who calls with a token, and what it may do: never more than its user still may.

    Raises:
        Unauthorized: `token_invalid`: unknown, revoked, replaced or out of date.
    """
    name = hash_token(token[: LONGEST + 1])
    kept = _known.get(name)
    if kept and kept[0] > time.monotonic() - CACHE_S and now < kept[2]:
        return kept[1]
    row = await queries.find_token(name, now=now)
    if row is None:
        _known.pop(name, None)
        raise Unauthorized(
            "The API token is revoked, out of date, or none of ours.", code="token_invalid"
        )
    scope = Scope(row["household_id"], row["user_id"])
    if row["last_used_at"] is None or now - row["last_used_at"] >= USE_NOTED_EVERY:
        await queries.note_use(scope, row["id"], now=now)
    lent = frozenset(one for one in Permission if one in row["scopes"]) - NEVER_LENT
    role = row["server_role"]
    # As a session's: what needs a second factor goes with it.
    lent &= permissions_of(role) - withheld_from(role, has_mfa=row["has_mfa"])
    identity = Identity(scope, row["id"], lent, row["zone"], is_lent=True)
    if len(_known) >= CACHE_SIZE:
        _known.clear()
    _known[name] = (time.monotonic(), identity, row["good_until"])
    return identity


def forget_cached() -> None:
    """Drop what is cached (tests that change the database under us)."""
    _known.clear()


async def _revoke(scope: Scope, token_id: UUID | None, *, now: datetime) -> list[UUID]:
    async with transaction():
        ended = await queries.revoke_tokens(scope, token_id, now=now)
        for one in ended:
            await _record(scope, "token.revoked", one, None, now=now)
        await _forget(ended)
    return ended


async def _forget(token_ids: Sequence[UUID]) -> None:
    """Forget tokens after the commit: before it, another request would read the old row again."""

    async def forget() -> None:
        for name in [name for name, kept in _known.items() if kept[1].session_id in token_ids]:
            _known.pop(name, None)

    await db.after_commit(forget)


async def _record(
    scope: Scope, action: str, token_id: UUID, scopes: Sequence[str] | None, *, now: datetime
) -> None:
    await audit.record(
        scope.household_id,
        action,
        actor_id=scope.user_id,
        subject_kind="token",
        subject_id=token_id,
        details={"scopes": list(scopes)} if scopes else None,
        now=now,
    )


def _fields(row: Row) -> dict[str, object]:
    return {name: row[name] for name in TokenOut.model_fields}
