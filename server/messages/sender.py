"""The sender: a lane for each channel, beside the jobs of every worker (ADR 0026)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog

from server import logs, reporting
from server.config import Settings
from server.integrations import providers
from server.lib.clock import utc_now
from server.messages.lane import Lane
from server.messages.service import CHANNELS
from server.outbox.queries import BELL

DRAIN_S = 8.0
"""How long calls under way may take when the worker stops; it is killed 30 s after its SIGTERM."""
RESTART_S = 5.0
CONNECT_LIMIT_S = 5.0

log = structlog.get_logger()


@asynccontextmanager
async def sending(settings: Settings) -> AsyncIterator[None]:
    """Send what is due, for the time of the block."""
    channels = {name: providers.channel_for(name, settings) for name in CHANNELS}
    lanes = [Lane(name, channel, clock=utc_now) for name, channel in channels.items()]
    stopping = asyncio.Event()
    running = [
        asyncio.create_task(_hear(settings.direct_database, lanes, stopping)),
        *(asyncio.create_task(_keep_running(lane, stopping)) for lane in lanes),
    ]
    names = {name: channel.provider for name, channel in channels.items() if channel}
    log.info("messages.sender_started", providers=names)
    try:
        yield
    finally:
        stopping.set()
        for lane in lanes:
            lane.ring()
        await asyncio.gather(*running)
        await asyncio.gather(*(lane.drain(DRAIN_S) for lane in lanes))
        await providers.close()


async def _keep_running(lane: Lane, stopping: asyncio.Event) -> None:
    """Begin a lane again that broke by a fault of ours: messages must not wait for a restart."""
    while not stopping.is_set():
        run = asyncio.create_task(lane.run(stopping))
        await asyncio.wait([run])
        error = run.exception()
        if isinstance(error, Exception):
            log.error(
                "messages.lane_broken",
                channel=lane.name,
                error=type(error).__name__,
                where=logs.where(error),
            )
            reporting.capture(error, transaction=f"messages.{lane.name}")
            await _wait(stopping, RESTART_S)


async def _hear(url: str, lanes: Sequence[Lane], stopping: asyncio.Event) -> None:
    """Ring at each new message; a bell that is missed costs no more than a scan's pause."""

    def ring(*_said: object) -> None:
        for lane in lanes:
            lane.ring()

    while not stopping.is_set():
        try:
            listener = await asyncpg.connect(url, timeout=CONNECT_LIMIT_S)
            try:
                await _listen(listener, ring, stopping)
            finally:
                listener.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.info("messages.bell_away", error=type(error).__name__)
            await _wait(stopping, RESTART_S)


async def _listen(listener: asyncpg.Connection, ring: object, stopping: asyncio.Event) -> None:
    closed = asyncio.Event()
    listener.add_termination_listener(lambda _: closed.set())
    await listener.add_listener(BELL, ring)
    waits = [asyncio.create_task(event.wait()) for event in (closed, stopping)]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
