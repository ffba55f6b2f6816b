"""Which sessions have written lately: they read from the primary, and so see what they did."""

import asyncio
import time
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from server import db_reading, redis_wire
from server.replicas import MOST_LAG_S

PAUSE_S = 0.2
"""Between two tries to leave a mark."""
MEMORY_SIZE = 10_000

log = structlog.get_logger()

# A session's last write, or what is worse: until when a write may be unknown here.
_written: dict[UUID, float] = {}
_redis_failed: list[float] = []
# Sessions whose mark Redis has not taken yet, and who tries again.
_unmarked: dict[UUID, float] = {}
_marking: set[asyncio.Task[None]] = set()


async def note(session_id: UUID) -> None:
    """Remember, here and for the other server processes, that a session has just written.

    Call it after the commit and before the answer. Does nothing without replicas. A mark that
    Redis does not take now is tried again in the background for as long as it would mean anything.
    """
    if not db_reading.has_replicas():
        return
    if len(_written) >= MEMORY_SIZE:
        _drop_old()
    _written[session_id] = time.monotonic()
    try:
        await _mark(session_id)
    except (RedisError, OSError) as error:
        _note_failure(error)
        _unmarked[session_id] = time.monotonic()
        if not _marking:
            _marking.add(asyncio.create_task(_mark_later()))


async def _mark(session_id: UUID) -> None:
    await redis_wire.ask("SET", _key(session_id), 1, "PX", int(MOST_LAG_S * 1000))


async def _mark_later() -> None:
    while True:
        await asyncio.sleep(PAUSE_S)
        oldest = time.monotonic() - MOST_LAG_S
        for session_id in [key for key, at in _unmarked.items() if at <= oldest]:
            del _unmarked[session_id]
        waiting = dict(_unmarked)
        if not waiting:
            _marking.clear()
            return
        try:
            await asyncio.gather(*(_mark(session_id) for session_id in waiting))
        except (RedisError, OSError):
            continue
        for session_id, at in waiting.items():
            if _unmarked.get(session_id) == at:
                del _unmarked[session_id]


async def are_recent(session_id: UUID) -> bool:
    """Say whether a session may have written in the last 5 s; True when nobody can tell."""
    oldest = time.monotonic() - MOST_LAG_S
    if _written.get(session_id, oldest) > oldest:
        return True
    if _redis_failed and _redis_failed[0] > oldest:
        return True
    try:
        return bool(await redis_wire.ask("EXISTS", _key(session_id)))
    except (RedisError, OSError) as error:
        _note_failure(error)
        return True


def forget() -> None:
    """Forget every write (tests)."""
    _written.clear()
    _redis_failed.clear()
    _unmarked.clear()
    while _marking:
        _marking.pop().cancel()


def _note_failure(error: Exception) -> None:
    # For as long as a mark lives: another process may have failed to leave one.
    _redis_failed[:] = [time.monotonic()]
    log.warning("own_writes.redis_away", error=type(error).__name__)


def _drop_old() -> None:
    oldest = time.monotonic() - MOST_LAG_S
    for session_id in [key for key, at in _written.items() if at <= oldest]:
        del _written[session_id]


def _key(session_id: UUID) -> str:
    return f"wrote:{session_id}"
