"""Which server a read is put to: a replica for the time of a block, or the primary (ADR 0019)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

import asyncpg
import structlog

from server import replicas
from server.config import Settings
from server.db_connections import DatabaseAway, naming_outage
from server.replicas import Replica, Replicas, ReplicaState

log = structlog.get_logger()

T = TypeVar("T")

Question = Callable[[asyncpg.Connection], Awaitable[T]]


class NoAnswer(Exception):
    """No replica is to be asked, or the one that was asked gave no answer: ask the primary."""


@dataclass(slots=True)
class _Reading:
    """What reads in this context: one replica for all its statements, None once it is left."""

    replica: Replica | None


_reading: ContextVar[_Reading | None] = ContextVar("reading", default=None)
_replicas: list[Replicas] = []


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    """Let this process read from DATABASE_REPLICA_URLS for the time of the block."""
    async with replicas.opened(settings) as found:
        _replicas[:] = [found]
        try:
            yield
        finally:
            _replicas.clear()


def has_replicas() -> bool:
    """Say whether this process may read from replicas at all."""
    return bool(_replicas)


def replica_states() -> list[ReplicaState]:
    """Say how each replica is."""
    return [state for opened in _replicas for state in opened.states]


async def look_at_replicas() -> None:
    """Look at every replica now, not at the next second."""
    for opened in _replicas:
        await opened.look()


@contextmanager
def reading() -> Iterator[None]:
    """Ask a replica, where there is a good one, for what the block fetches outside transactions.

    What it answers may be up to 5 s old. When it fails, and from the first write or transaction
    of the block on, the primary is asked.
    """
    token = _reading.set(_Reading(_replicas[0].choose() if _replicas else None))
    try:
        yield
    finally:
        _reading.reset(token)


def is_reading() -> bool:
    """Say whether this context has a replica to ask."""
    reading = _reading.get()
    return reading is not None and reading.replica is not None


def leave() -> None:
    """Read from the primary from now on: what follows must see what is written here."""
    reading = _reading.get()
    if reading:
        reading.replica = None


async def ask(question: Question[T]) -> T:
    """Put a question to the context's replica.

    Raises:
        NoAnswer: there is none, or it failed; the context asks it nothing more.
    """
    reading = _reading.get()
    if reading is None or reading.replica is None:
        raise NoAnswer
    replica = reading.replica
    try:
        async with replica.lend() as lent:
            with naming_outage(lent):
                return await question(lent)
    except (DatabaseAway, asyncpg.PostgresError) as error:
        # Also one that writes, is in the way of replay, or needs a table not there yet: to
        # ask twice for a read does no harm.
        log.info("database.replica_failed", replica=replica.name, error=type(error).__name__)
        leave()
        # A read that took too long, or found every connection lent, says nothing of the others;
        # whether the replica still answers is seen every second.
        if isinstance(error, DatabaseAway) and not isinstance(error.__cause__, TimeoutError):
            replica.leave_out()
        raise NoAnswer from None
