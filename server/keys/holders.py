"""Each running process says which master key it holds: the next one wraps once all hold it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from server.keys import master, queries, server_keys
from server.keys import queries_master as holders
from server.lib.clock import utc_now
from server.lib.ids import uuid7

BEAT_S = 15.0
_GONE = timedelta(minutes=10)

log = structlog.get_logger()


@asynccontextmanager
async def holding() -> AsyncIterator[None]:
    """Tell, for the time of the block, which master key this process holds."""
    holder_id = uuid7()
    await beat(holder_id, now=utc_now())
    ended = asyncio.Event()
    beating = asyncio.create_task(_beat_until(ended, holder_id))
    try:
        yield
    finally:
        ended.set()
        await beating
        with suppress(OSError, asyncpg.PostgresError):
            await holders.forget_holders(before=utc_now() - _GONE, holder_id=holder_id)


async def beat(holder_id: UUID, *, now: datetime) -> None:
    """Say it once; read the ring on the way, which a worker does at no other time."""
    rows = await queries.list_server_keys("master")
    opened = [row["key_version"] for row in rows if master.opened_by(row)]
    await holders.note_holder(holder_id, max(opened, default=0), now=now)
    await server_keys.signing_keys(now=now)


async def _beat_until(ended: asyncio.Event, holder_id: UUID) -> None:
    while not ended.is_set():
        try:
            async with asyncio.timeout(BEAT_S):
                await ended.wait()
        except TimeoutError:
            try:
                await beat(holder_id, now=utc_now())
            except (OSError, asyncpg.PostgresError) as error:
                log.warning("keys.beat_missed", error=type(error).__name__)
