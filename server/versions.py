"""Version counters in Redis: what a list was made from, told without asking PostgreSQL (ADR 0017).

A counter's value is a fresh random token, so a Redis that was flushed repeats none. Read the
tokens before the rows: a change that commits in between then has another token, and the reply
is at worst named older than it is.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import structlog
from redis.exceptions import RedisError

from server import db, redis_wire
from server.lib.scope import Scope

Name = Literal["contacts", "household_contacts", "suggestions", "calendar", "server"]
"""What changes: the user's view of contacts (groups, tags, archive), the household's contacts
and talks, the user's suggestions, the user's calendars; `server` with each start of one, as the
one before may have been killed before it sent a new token."""

LIFE_S: dict[Name, int] = {
    "contacts": 300,
    "household_contacts": 300,
    "suggestions": 3600,
    "calendar": 1800,
    "server": 86_400,
}
"""A token lives this long from its change or first read on; reads do not lengthen it."""
SERVER_KEY = "versions:server"
PAUSE_S = 1.0
"""After Redis did not answer, nobody waits for it again for this long."""
LONGEST_CHANGE_S = 300.0
"""A change that was announced longer ago will not commit any more."""

log = structlog.get_logger()


@dataclass(eq=False, frozen=True, slots=True)
class _Change:
    """An announced change whose new tokens are not known to be set: it may commit any moment."""

    lives: dict[str, int]
    since: float


_open: set[_Change] = set()
# Committed, but without a new token yet: key → the change that owes it.
_owed: dict[str, _Change] = {}
_away_until = [0.0]


def key(scope: Scope, name: Name) -> str:
    """Return the counter's key in Redis."""
    if name == "server":
        return SERVER_KEY
    if name == "household_contacts":
        return f"contacts:household:{scope.household_id}"
    return f"{name}:{scope.user_id}"


def start() -> None:
    """Give all lists new names, in a process that begins to serve them."""
    _owe(_Change({SERVER_KEY: LIFE_S["server"]}, time.monotonic()))


async def changed(scopes: Iterable[Scope], *names: Name) -> None:
    """Announce a change, best before its commit: afterwards these counters have new tokens.

    Whatever becomes of the caller (cancelled, Redis away), no list is named by an old token in
    this process; another process trusts it until its life ends.
    """
    lives = {key(scope, name): LIFE_S[name] for scope in scopes for name in names}
    if not lives:
        return
    _give_up_waiting()
    change = _Change(lives, time.monotonic())
    _open.add(change)

    async def settle() -> None:
        _owe(change)
        if not _say(change):
            await pay()

    await db.after_commit(settle, otherwise=lambda: _open.discard(change))


async def read(
    scope: Scope, names: Sequence[Name], *, seen: Sequence[bytes | None] | None
) -> list[str] | None:
    """Return the tokens of these counters; None while they cannot be trusted.

    Before the rows are read. `seen` is what Redis said of them a moment ago, None while it is
    away; only a token that is new costs round trips.
    """
    if seen is None:
        return None
    keys = {key(scope, name): LIFE_S[name] for name in names}
    pending = _pending(keys)
    found = list(seen)
    if pending or _owed or None in found:
        owed = {owed: change.lives[owed] for owed, change in _owed.items()}
        if not await _set(owed | pending):
            return None
        found = await _make(keys)
    tokens = [token.decode() for token in found if token is not None]
    return tokens if len(tokens) == len(names) else None


def forget() -> None:
    """Drop what this process remembers (tests)."""
    _open.clear()
    _owed.clear()
    _away_until[0] = 0.0


async def pay() -> bool:
    """Set the new tokens that are owed; False when Redis does not answer."""
    return await _set({owed: change.lives[owed] for owed, change in _owed.items()})


def _owe(change: _Change) -> None:
    _owed.update(dict.fromkeys(change.lives, change))
    _open.discard(change)


def _pending(keys: Iterable[str]) -> dict[str, int]:
    """Return what open changes may touch of `keys`."""
    _give_up_waiting()
    found: dict[str, int] = {}
    for change in _open:
        if not change.lives.keys().isdisjoint(keys):
            found |= change.lives
    return found


def _give_up_waiting() -> None:
    """Take changes that never ended (a commit that was cut off) for committed."""
    oldest = time.monotonic() - LONGEST_CHANGE_S
    for change in [change for change in _open if change.since < oldest]:
        _owe(change)


def _say(change: _Change) -> bool:
    """Send a change's new tokens without waiting; False where no connection is open.

    Until Redis has said that it has them, the change is owed. Where other processes serve
    requests, Redis has them before the caller answers its client; where none does, they go with
    what the next request asks (a write of its own would cost as much as storing the contact).
    """
    if _away_until[0] > time.monotonic():
        return True
    for changed_key, life_s in change.lives.items():
        answer = redis_wire.send(*_setting(changed_key, life_s), later=True)
        if answer is None:
            return False
        answer.add_done_callback(partial(_settled, changed_key, change))
    return True


def _settled(changed_key: str, change: _Change, answer: asyncio.Future[Any]) -> None:
    if answer.cancelled():
        return
    error = answer.exception()
    if error is None:
        _paid([changed_key], change)
    else:
        _note_away(error)


async def _set(lives: dict[str, int]) -> bool:
    if _away_until[0] > time.monotonic():
        return False
    if not lives:
        return True
    owed = dict(_owed)
    try:
        await asyncio.gather(*(redis_wire.ask(*_setting(k, life_s)) for k, life_s in lives.items()))
    except (RedisError, OSError) as error:
        _note_away(error)
        return False
    # What was committed again while we waited still owes.
    for change in set(owed.values()):
        _paid(lives, change)
    return True


def _paid(lives: Iterable[str], change: _Change) -> None:
    """Note that these counters have tokens newer than the change."""
    for changed_key in lives:
        if _owed.get(changed_key) is change:
            del _owed[changed_key]


async def _make(keys: dict[str, int]) -> list[bytes | None]:
    """Give tokens to those without one; return all."""
    try:
        await asyncio.gather(
            *(redis_wire.ask(*_setting(missing, life_s), "NX") for missing, life_s in keys.items())
        )
        found: list[bytes | None] = await redis_wire.ask("MGET", *keys)
    except (RedisError, OSError) as error:
        _note_away(error)
        return []
    return found


def _setting(changed_key: str, life_s: int) -> tuple[str | int, ...]:
    return ("SET", changed_key, _token(), "EX", life_s)


def _token() -> str:
    return os.urandom(12).hex()


def _note_away(error: BaseException) -> None:
    _away_until[0] = time.monotonic() + PAUSE_S
    log.warning("versions.redis_away", error=type(error).__name__)
