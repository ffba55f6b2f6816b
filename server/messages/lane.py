"""One channel's way out: look what is due, keep many messages in flight, hold their leases."""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from server.db import Row
from server.integrations.channel import Channel
from server.messages import breakers, claiming, queries_sending, rules, sending
from server.messages.attempts import Attempt
from server.messages.breaker import Breaker
from server.messages.marks import LeaseLost, Marks
from server.messages.sending import Outcome

AT_ONCE = 16
"""Messages of one channel in flight at once, in one process."""
RENEW_S = 2.0
SCAN_S = 2.0
"""How often to look where no bell rings: it may have been missed."""
DATABASE_AWAY_S = 0.5
NOTE_LIMIT_S = 60.0
"""How long an outcome is kept to be stored while the database is away."""

STORING = 4
"""Outcomes of one channel stored at once: jobs of this process need the database, too."""
_A_MOMENT_S = 0.005
_FULL_S = 0.1
_MARGIN_S = 1.0

# An outage, or one of two that were in each other's way: what was asked may be asked again.
_AWAY = (
    OSError,
    asyncpg.TransactionRollbackError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)

log = structlog.get_logger()


@dataclass(slots=True)
class Flight:
    """A message on its way; `held_until` is of the monotonic clock, and so no jump moves it."""

    attempt: Attempt
    held_until: float
    task: asyncio.Task[None] | None = None


Fly = Callable[[Flight], Coroutine[Any, Any, None]]


class Lane:
    """Sends the messages of one channel; several processes may each have one.

    `channel` is None where no provider is configured: what is due is suppressed.
    """

    def __init__(
        self,
        name: str,
        channel: Channel | None,
        *,
        clock: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
        at_once: int = AT_ONCE,
    ) -> None:
        self.name = name
        self.channel = channel
        self._provider = channel.provider if channel else None
        self._marks = Marks()
        self._clock = clock
        self._jitter = jitter
        self._at_once = at_once
        self._flights: dict[UUID, Flight] = {}
        self._wake = asyncio.Event()
        self._storing = asyncio.Semaphore(STORING)
        self._is_troubled = False
        self._is_all = True

    def ring(self) -> None:
        """Look at once."""
        self._wake.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until `stopping`; who sets it rings, too. Calls under way go on: see `drain`."""
        renewing = asyncio.create_task(self._renew_leases())
        try:
            while not stopping.is_set():
                self._wake.clear()
                await self._rest(await self._look())
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])

    async def drain(self, limit_s: float) -> None:
        """Wait for what is in flight; what takes longer is left in doubt, and settled later."""
        tasks = [flight.task for flight in self._flights.values() if flight.task]
        if tasks:
            await asyncio.wait(tasks, timeout=limit_s)
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def round(self) -> float:
        """Start what is due; return after how many seconds to look again at the latest.

        Raises:
            OSError, asyncpg.PostgresError: the database is away.
        """
        now = self._clock()
        due = await queries_sending.look_of_server(self.name, self._provider)
        breaker = Breaker(due["failures"], due["open_until"])
        self._is_troubled = breaker != Breaker()
        is_all = await self._take_doubtful(due, breaker, now)
        self._is_all = await self._take_due(due, breaker, now) and is_all
        if not self._is_all:
            return 0.0 if self._has_room else _FULL_S
        return min(SCAN_S, self._wait_s(due, breaker, now))

    @property
    def _room(self) -> int:
        return self._at_once - len(self._flights)

    @property
    def _has_room(self) -> bool:
        """Say whether taking more is worth a statement: few at a time would be many."""
        return self._room * 4 >= self._at_once

    async def _look(self) -> float:
        try:
            return await self.round()
        except _AWAY as error:
            log.warning("messages.database_away", channel=self.name, error=type(error).__name__)
            return DATABASE_AWAY_S

    async def _rest(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _take_doubtful(self, due: Row, breaker: Breaker, now: datetime) -> bool:
        # While its provider is left alone nobody asks it; time goes on all the same.
        channel = None if breaker.is_open(now) else self.channel
        taken: list[Attempt] = []
        room = self._room
        if room and _is_due(due["doubtful_at"], now):
            own = list(self._flights)
            taken += await claiming.take_over(self.name, but_not=own, limit=room, now=now)
        if channel and len(taken) < room and _is_due(due["parked_at"], now):
            taken += await claiming.take_parked(
                self.name,
                again_at=now + rules.PARKED_PAUSE,
                limit=room - len(taken),
                now=now,
            )
        self._start(taken, lambda flight: self._settle(flight, channel))
        return len(taken) < room or not room

    async def _take_due(self, due: Row, breaker: Breaker, now: datetime) -> bool:
        """Claim what may leave; say whether that was all."""
        for is_urgent, at in ((True, due["urgent_at"]), (False, due["ordinary_at"])):
            if not _is_due(at, now) or breaker.is_open(now):
                continue
            on_trial = breaker.is_on_trial(now) and self._provider is not None
            limit = 1 if on_trial else self._room
            if limit < 1:
                return False
            if on_trial and not await breakers.take_trial(self._provider or "", now=now):
                return True
            claimed = await claiming.claim(
                self.name,
                self._provider,
                is_urgent=is_urgent,
                limit=limit,
                now=now,
                is_marked=self.channel is not None and self.channel.is_marked,
                on_trial=on_trial,
            )
            self._start(claimed.attempts, self._send)
            if on_trial and not claimed.attempts:
                await breakers.give_trial_back(self._provider or "", now=now)
            if not claimed.is_all:
                return on_trial and bool(claimed.attempts)
        return True

    def _wait_s(self, due: Row, breaker: Breaker, now: datetime) -> float:
        times: list[datetime | None] = [due["doubtful_at"], due["parked_at"]]
        pending = [due["urgent_at"], due["ordinary_at"]]
        if breaker.is_open(now):
            times.append(breaker.open_until)
        else:
            times += pending
        later = [at for at in times if at is not None and at > now]
        if not later:
            return SCAN_S
        return (min(later) - now) / timedelta(seconds=1) + _A_MOMENT_S

    def _start(self, attempts: Collection[Attempt], fly: Fly) -> None:
        held_until = time.monotonic() + rules.LEASE.total_seconds()
        for attempt in attempts:
            flight = Flight(attempt, held_until)
            self._flights[attempt.message_id] = flight
            flight.task = asyncio.create_task(fly(flight))
            flight.task.add_done_callback(partial(self._land, flight))

    def _land(self, flight: Flight, task: asyncio.Task[None]) -> None:
        del self._flights[flight.attempt.message_id]
        if not self._is_all and self._has_room:
            self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error(
                "message.attempt_broken",
                message_id=str(flight.attempt.message_id),
                error=type(error).__name__,
            )

    async def _send(self, flight: Flight) -> None:
        attempt, channel = flight.attempt, self.channel
        if channel is None or time.monotonic() > flight.held_until - _MARGIN_S:
            return  # others may look at it by now: nothing is handed over any more
        try:
            outcome = await sending.call(attempt, channel, partial(self._marks.mark, attempt))
        except LeaseLost:
            return
        except _AWAY as error:  # the lease runs out, and what was not called is sent again
            log.warning("messages.database_away", channel=self.name, error=type(error).__name__)
            return
        await self._note(attempt, outcome)
        if self._is_troubled or not sending.is_well(outcome):
            await self._note_health(attempt, outcome)

    async def _settle(self, flight: Flight, channel: Channel | None) -> None:
        try:
            await sending.settle(flight.attempt, channel, now=self._clock(), jitter=self._jitter())
        except _AWAY as error:  # the lease runs out, and somebody asks again
            log.warning("messages.database_away", channel=self.name, error=type(error).__name__)

    async def _note(self, attempt: Attempt, outcome: Outcome) -> None:
        """Store an outcome, also when the database comes back only later: nobody else knows it."""
        jitter = self._jitter()
        now = self._clock()
        last_try = time.monotonic() + NOTE_LIMIT_S
        while True:
            try:
                async with self._storing:
                    await sending.note(attempt, outcome, now=now, jitter=jitter)
            except _AWAY:
                if time.monotonic() > last_try:
                    raise
                await asyncio.sleep(DATABASE_AWAY_S)
            else:
                return

    async def _note_health(self, attempt: Attempt, outcome: Outcome) -> None:
        try:
            await sending.note_health(attempt, outcome, now=self._clock(), jitter=self._jitter())
        except _AWAY as error:
            log.warning("messages.database_away", channel=self.name, error=type(error).__name__)

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            flights = dict(self._flights)
            if not flights:
                continue
            started = time.monotonic()
            try:
                held = await queries_sending.renew_of_server(
                    list(flights),
                    [flight.attempt.token for flight in flights.values()],
                    until=self._clock() + rules.LEASE,
                )
            except _AWAY:
                continue
            for message_id in held:
                flights[message_id].held_until = started + rules.LEASE.total_seconds()


def _is_due(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now
