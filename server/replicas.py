"""Read replicas: who is near enough to the primary to be read from (ADR 0019).

No clock of another machine is asked. Every second we note how far the primary's log is; what a
replica has replayed then tells until which of these moments it knows everything.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import asyncpg
import structlog

from server import db_connections
from server.config import Settings
from server.db_connections import DatabaseAway, lend, naming_outage

MOST_LAG_S = 5.0
"""A replica is read from only while it knows everything that is older than this."""
LOOK_EVERY_S = 1.0
LOOK_LIMIT_S = 2.0
READ_LIMIT_S = 4.0
"""How long a statement may take here before the primary is asked instead."""
ACQUIRE_LIMIT_S = 1.0
MARKS_KEPT = 120

Reason = Literal["", "not_looked_at", "unreachable", "lagging", "not_a_replica"]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """How a replica was when we last looked; `lag_s` is None when nobody can tell."""

    name: str
    reason: Reason
    lag_s: float | None


@dataclass(frozen=True, slots=True)
class _Mark:
    """The primary's log had come to `position` (bytes) at `at` (monotonic seconds) or before."""

    at: float
    position: int
    cluster: int


class Replica:
    """One replica: its pool, and what we know of it."""

    def __init__(self, name: str, pool: asyncpg.Pool, looking: asyncpg.Pool) -> None:
        self.name = name
        self.reads = 0
        self._pool = pool
        self._looking = looking
        self._busy = 0
        self._reason: Reason = "not_looked_at"
        self._knows_until: float | None = None
        self._lag_s: float | None = None

    @property
    def is_usable(self) -> bool:
        """Whether it answers and knows everything older than MOST_LAG_S at this very moment."""
        return self.state.reason == ""

    @property
    def state(self) -> ReplicaState:
        """What anybody may know of it."""
        reason = self._reason
        if not reason and not (
            self._knows_until and time.monotonic() - self._knows_until <= MOST_LAG_S
        ):
            reason = "lagging"
        return ReplicaState(self.name, reason, self._lag_s)

    @property
    def load(self) -> tuple[int, int]:
        """Statements that run, then those that ever ran: the least of these is asked next."""
        return self._busy, self.reads

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection; raises DatabaseAway when there is none at once."""
        self._busy += 1
        self.reads += 1
        try:
            async with lend(self._pool, limit_s=ACQUIRE_LIMIT_S) as lent:
                yield lent
        finally:
            self._busy -= 1

    def leave_out(self) -> None:
        """Ask nothing of it until it has been looked at again."""
        self._note("unreachable", None)

    async def look(self, marks: deque[_Mark]) -> None:
        """See how far it is behind; never raises when it is not there."""
        try:
            async with asyncio.timeout(LOOK_LIMIT_S), lend(self._looking) as lent:
                with naming_outage(lent):
                    row = await lent.fetchrow(
                        """SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint AS position,
                            system_identifier AS cluster FROM pg_control_system()"""
                    )
        except (DatabaseAway, TimeoutError, asyncpg.PostgresError):
            self._note("unreachable", None)
            return
        if row["position"] is None or (marks and marks[-1].cluster != row["cluster"]):
            self._note("not_a_replica", None)
            return
        known = [mark.at for mark in marks if mark.position <= row["position"]]
        self._knows_until = max(known, default=None)
        # Before the oldest mark nobody can tell; the true lag is longer than this.
        self._note("", marks[-1].at - max(known, default=marks[0].at) if marks else None)

    def _note(self, reason: Reason, lag_s: float | None) -> None:
        before = self.is_usable
        self._reason, self._lag_s = reason, lag_s
        state = self.state
        if before != self.is_usable:
            log.warning("database.replica", replica=self.name, reason=state.reason or "back")


class Replicas:
    """All replicas of this process, looked at every second."""

    def __init__(self, primary: asyncpg.Pool, replicas: list[Replica]) -> None:
        self._primary = primary
        self._replicas = replicas
        self._marks: deque[_Mark] = deque(maxlen=MARKS_KEPT)

    @property
    def states(self) -> list[ReplicaState]:
        """How each was when we last looked."""
        return [replica.state for replica in self._replicas]

    def choose(self) -> Replica | None:
        """Return the least busy of those that may be read from now."""
        usable = [replica for replica in self._replicas if replica.is_usable]
        return min(usable, key=lambda replica: replica.load, default=None)

    async def look(self) -> None:
        """Note where the primary is, and how far each replica has come."""
        at = time.monotonic()
        try:
            async with asyncio.timeout(LOOK_LIMIT_S), lend(self._primary) as lent:
                with naming_outage(lent):
                    row = await lent.fetchrow(
                        """SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint AS position,
                            system_identifier AS cluster FROM pg_control_system()"""
                    )
        except (DatabaseAway, TimeoutError, asyncpg.PostgresError):
            pass  # what the replicas know grows old, and nobody reads from them
        else:
            self._marks.append(_Mark(at, row["position"], row["cluster"]))
        await asyncio.gather(*(replica.look(self._marks) for replica in self._replicas))

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Replicas]:
    """Open a pool for each replica, without waiting for any of them, and watch them."""
    async with AsyncExitStack() as stack:

        async def pool(url: str, *, size: int, limit_s: float) -> asyncpg.Pool:
            made = await asyncpg.create_pool(
                url,
                min_size=0,
                max_size=size,
                **db_connections.arguments(settings, limit_s=limit_s),
            )
            # Not close(), which waits for a server that may be frozen.
            stack.callback(made.terminate)
            return made

        replicas = Replicas(
            await pool(settings.direct_database, size=1, limit_s=LOOK_LIMIT_S),
            [
                Replica(
                    f"replica_{number}",
                    await pool(url, size=settings.database_pool_max, limit_s=READ_LIMIT_S),
                    # Of its own, so that many slow reads do not look like an absence.
                    await pool(url, size=1, limit_s=LOOK_LIMIT_S),
                )
                for number, url in enumerate(settings.database_replica_urls, start=1)
            ],
        )
        watching = asyncio.create_task(replicas.watch())
        try:
            yield replicas
        finally:
            watching.cancel()
            await asyncio.wait([watching])
