"""Rate limits: who may ask how often, counted in Redis, or here while Redis is away (ADR 0016)."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import structlog
from redis.exceptions import NoScriptError, RedisError

from server import metrics, redis_wire
from server.config import settings
from server.errors import Unavailable
from server.lib.gcra import Budgets, Rule, Verdict, verdict

PAUSE_S = 3.0
"""How long Redis is left alone after a failure, before one request tries it again."""
MOST_BUDGETS = 20_000
"""Callers that a process remembers without Redis: about 4 MB."""

_LUA = Path(__file__).with_name("limits.lua").read_text("utf-8")
_SHA = hashlib.sha1(_LUA.encode(), usedforsecurity=False).hexdigest()
# Redis may also answer and be of no use: out of memory, a full disk, a replica by mistake.
_AWAY = (RedisError, OSError)

log = structlog.get_logger()


class Limit(StrEnum):
    """The budget that a route takes from."""

    USER = "user"
    PUBLIC = "public"  # of a client's address: nobody has signed in
    SIGN_IN = "sign_in"  # likewise, where passwords are tried or accounts made
    VOICE = "voice"
    SMS = "sms"
    EMAIL = "email"


SIGN_INS = Rule(20, 60)
# These guard passwords, or cost money or patience: RATE_LIMIT_PER_MINUTE leaves them alone.
ALWAYS = {
    Limit.SIGN_IN: SIGN_INS,
    Limit.VOICE: Rule(10, 3600),
    Limit.SMS: Rule(10, 3600),
    Limit.EMAIL: Rule(20, 3600),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of `take`.

    `verdict` is None where nothing is limited. `values` are those of `also`, in its order, None
    for what is not there; `values` itself is None while Redis is away.
    """

    verdict: Verdict | None
    values: Sequence[bytes | None] | None = ()


def rule_of(limit: Limit, per_minute: int) -> Rule | None:
    """Return the rule of a budget when RATE_LIMIT_PER_MINUTE is `per_minute`; None: no limit."""
    return ALWAYS.get(limit) or _by_the_minute(per_minute)


@lru_cache(maxsize=16)
def _by_the_minute(count: int) -> Rule | None:
    return Rule(count, 60) if count else None


async def take(limit: Limit, who: str, *, also: Sequence[str] = ()) -> Taken:
    """Take one request of `who` from a budget, and read the Redis keys `also`, in one round trip.

    The caller looks at `verdict.allowed`. Without Redis the budget is this process's own.

    Raises:
        Unavailable: `redis_unavailable`: a sign-in while its budget cannot be known.
    """
    rule = rule_of(limit, settings().rate_limit_per_minute)
    if rule is None and not also:
        return Taken(None)
    if _redis_may_be_tried():
        try:
            taken = await (_take(limit, who, rule, also) if rule else _read(also))
        except _AWAY as error:
            _went_away(error)
        else:
            _came_back()
            return taken
    metrics.LIMITER_FALLBACKS.inc()
    if limit is Limit.SIGN_IN:
        raise Unavailable(
            "Signing in needs Redis, which cannot be reached just now.",
            code="redis_unavailable",
        )
    now_us = time.monotonic_ns() // 1000
    return Taken(_budgets.take(_key(limit, who), rule, now_us=now_us) if rule else None, None)


def forget() -> None:
    """Drop what this process remembers: budgets, and that Redis was away (tests)."""
    _budgets.clear()
    _away.clear()


async def _take(limit: Limit, who: str, rule: Rule, also: Sequence[str]) -> Taken:
    keys = (str(1 + len(also)), _key(limit, who), *also)
    budget = (rule.every_us, rule.count)
    try:
        reply = await redis_wire.ask("EVALSHA", _SHA, *keys, *budget)
    except NoScriptError:  # Redis was restarted or flushed
        reply = await redis_wire.ask("EVAL", _LUA, *keys, *budget)
    allowed, room_us, values = reply
    return Taken(verdict(rule, allowed=allowed == 1, room_us=room_us), values)


async def _read(also: Sequence[str]) -> Taken:
    return Taken(None, await redis_wire.ask("MGET", *also))


def _key(limit: Limit, who: str) -> str:
    return f"limit:{limit}:{who}"


_budgets = Budgets(MOST_BUDGETS)
# The monotonic time at which Redis may be tried again; empty while it is well.
_away: list[float] = []


def _redis_may_be_tried() -> bool:
    """Say so to everybody while Redis is well, and to one request each pause while it is not."""
    if not _away:
        return True
    now = time.monotonic()
    if now < _away[0]:
        return False
    _away[0] = now + PAUSE_S
    return True


def _went_away(error: BaseException) -> None:
    if not _away:
        log.warning("limits.redis_away", error=type(error).__name__)
    _away[:] = [time.monotonic() + PAUSE_S]


def _came_back() -> None:
    if _away:
        _away.clear()
        log.info("limits.redis_back")
