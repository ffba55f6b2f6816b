"""Each process notes what it costs and how busy the server is, at each whole ten seconds."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from time import monotonic

import asyncpg
import psutil
import structlog
from redis.exceptions import RedisError

from server import db, metrics, queue
from server.lib.clock import utc_now
from server.samples import queries
from server.samples.rules import SPAN_S, floor

LIMIT_S = 4.0
"""A sample that cannot be kept within this is dropped: the next one comes anyway."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Used:
    """What this process has used: seconds of CPU, at a time of the monotonic clock."""

    cpu_s: float
    at_s: float


@asynccontextmanager
async def sampling(process: str) -> AsyncIterator[None]:
    """Note this process's figures for the time of the block; `process` is server or worker."""
    ended = asyncio.Event()
    noting = asyncio.create_task(_note_until(ended, process))
    try:
        yield
    finally:
        ended.set()
        await noting


async def note(process: str, before: Used) -> Used:
    """Keep one sample of the ten seconds that end now; return what the next one starts from.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database cannot be used.
    """
    now, used = utc_now(), used_now()
    passed_s = max(used.at_s - before.at_s, 0.001)
    # Counted anew from here on, kept or not: a sample is of its own ten seconds.
    latency_counts = metrics.take_latency_counts()
    queued, running = await _jobs()
    pool = db.pool_state()
    await queries.insert_sample_of_server(
        queries.Noted(
            process,
            at=floor(now, SPAN_S) - timedelta(seconds=SPAN_S),
            cpu_percent=round(100 * (used.cpu_s - before.cpu_s) / passed_s, 2),
            memory_bytes=_this().memory_info().rss,
            latency_counts=latency_counts,
            queued=queued,
            running=running,
            connections=pool.size if pool else 0,
        )
    )
    return used


def used_now() -> Used:
    """Return what this process has used so far."""
    times = os.times()
    return Used(times.user + times.system, monotonic())


async def _note_until(ended: asyncio.Event, process: str) -> None:
    before, is_missing = used_now(), False
    while not await _has_ended(ended):
        try:
            async with asyncio.timeout(LIMIT_S):
                before = await note(process, before)
            is_missing = False
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            before = used_now()
            if not is_missing:  # once for each outage, not every ten seconds
                log.warning("samples.not_kept", error=type(error).__name__)
            is_missing = True


async def _has_ended(ended: asyncio.Event) -> bool:
    """Wait for the next whole ten seconds, or for the end; say whether it is the end."""
    now = utc_now()
    wait = floor(now, SPAN_S) + timedelta(seconds=SPAN_S) - now
    try:
        async with asyncio.timeout(wait.total_seconds()):
            await ended.wait()
    except TimeoutError:
        return False
    return True


async def _jobs() -> tuple[int | None, int | None]:
    try:
        return await queue.count_jobs()
    except (RedisError, OSError):
        return None, None


@cache
def _this() -> psutil.Process:
    return psutil.Process()
