"""Messages written at a steady pace while parts are killed, and what the ledgers say of them."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import asyncpg
from redis.asyncio import Redis

from server import db
from server.lib.clock import utc_now
from server.lib.scope import Scope
from server.outbox import service as outbox
from server.users import reach
from tests.factories import make_member
from tests.fakes.ledger import Entry, sent_twice
from tests.messages.drill_stack import DrillStack
from tests.rows import insert_user

T = TypeVar("T")

WRITERS = 4
SETTLE_S = 900.0
"""How long to wait for the last message on a slow machine; all goes on as soon as it is there."""
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
OPEN = ("pending", "sending")


@dataclass(frozen=True)
class Size:
    """How much is written, over how long, and how often something is killed meanwhile."""

    users: int
    sms_each: int
    mails_each: int
    seconds: float
    kills: int

    @property
    def of_each_user(self) -> list[tuple[outbox.ChannelName, int]]:
        """Channel and number of each message to a user."""
        each: tuple[tuple[outbox.ChannelName, int], ...] = (
            ("sms", self.sms_each),
            ("email", self.mails_each),
        )
        return [(channel, number) for channel, count in each for number in range(count)]

    @property
    def messages(self) -> int:
        """How many in all."""
        return self.users * (self.sms_each + self.mails_each)


@dataclass(frozen=True)
class Outcome:
    """What became of the messages.

    `lost`: acknowledged writes without a row, and rows that say that they were sent and of which no
    ledger knows. `waiting`: not sent yet. `parked`: nobody can say whether they were sent, so they
    are shown to an admin; of `unsent` ones no ledger knows. Times in seconds.
    """

    messages: int
    lost: int
    twice: int
    waiting: int
    parked: int
    unsent: int
    states: Counter[str]
    resumed_s: list[float]
    waited_s: list[float]
    longest_doubt_s: float
    attempts: int
    took_s: float

    def __str__(self) -> str:
        return (
            f"{self.messages} messages in {self.took_s:.0f} s: lost {self.lost}, sent twice"
            f" {self.twice}, waiting {self.waiting}, parked {self.parked} ({self.unsent} of them in"
            f" no ledger); {dict(self.states)}; {self.attempts} attempts\n"
            f"  sends again after a kill: median {_share(self.resumed_s, 0.5):.1f} s, p99"
            f" {_share(self.resumed_s, 0.99):.1f} s; from written to accepted: median"
            f" {_share(self.waited_s, 0.5):.2f} s, p99 {_share(self.waited_s, 0.99):.1f} s, longest"
            f" {max(self.waited_s, default=0):.1f} s; longest attempt, doubt settled,"
            f" {self.longest_doubt_s:.1f} s"
        )

    @property
    def resumed_p99_s(self) -> float:
        """How long after a kill something was sent again, at the 99th of a hundred."""
        return _share(self.resumed_s, 0.99)


async def make_users(count: int) -> list[Scope]:
    """Make that many users of one household, each with a verified phone and an address."""
    member = await make_member()
    scopes = []
    for number in range(count):
        scope = Scope(member.scope.household_id, await insert_user(member))
        await reach.set_phone(scope, f"+1415555{number:04}", now=utc_now())
        scopes.append(scope)
    return scopes


async def write_all(users: list[Scope], size: Size) -> set[str]:
    """Write every message at an even pace; return the dedupe keys that were acknowledged.

    Who gets no answer asks again, with the same key, as a job would.
    """
    plan = [(scope, channel, number) for scope in users for channel, number in size.of_each_user]
    random.Random(1).shuffle(plan)
    began = time.monotonic()
    written: set[str] = set()
    places = iter(enumerate(plan))

    async def write_some() -> None:
        for place, (scope, channel, number) in places:
            await asyncio.sleep(began + place * size.seconds / len(plan) - time.monotonic())
            key = f"drill:{scope.user_id}:{channel}:{number}"
            await _insist(partial(_write, scope, channel, key))
            written.add(key)

    await asyncio.gather(*(write_some() for _ in range(WRITERS)))
    return written


async def _write(scope: Scope, channel: outbox.ChannelName, key: str) -> None:
    async with db.transaction():
        await outbox.write(
            scope, kind="drill", dedupe_key=key, subject="Drill", body=key, channel=channel,
            now=utc_now(),
        )  # fmt: skip


async def kill_now_and_then(stack: DrillStack, size: Size, *, seed: int = 1) -> None:
    """Kill each part equally often, in random order, at random moments."""
    chance = random.Random(seed)
    names = [name for name in stack.killable for _ in range(-(-size.kills // len(stack.killable)))]
    chance.shuffle(names)
    for name in names[: size.kills]:
        await asyncio.sleep(size.seconds / (size.kills + 1) * chance.uniform(0.6, 1.4))
        await stack.kill(name)


async def settled(limit_s: float) -> None:
    """Wait until no message is on its way."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if not await _insist(lambda: db.fetch_value(
            "SELECT count(*) FROM outbox_messages WHERE kind = 'drill' AND state = ANY($1)",
            list(OPEN),
        )):  # fmt: skip
            return
        await asyncio.sleep(0.5)


async def judge(stack: DrillStack, written: set[str], *, began: float) -> Outcome:
    """Compare the rows with the ledgers."""
    rows = await _insist(lambda: db.fetch(
        "SELECT id, dedupe_key, state, created_at FROM outbox_messages WHERE kind = 'drill'"
    ))  # fmt: skip
    attempts = await db.fetch_row(
        """SELECT count(*) AS attempts,
                max(extract(epoch FROM ended_at - started_at))::float AS longest_s
            FROM message_attempts"""
    )
    assert attempts is not None
    entries = stack.accepted
    first = _first_times(entries)
    unsent = Counter(row["state"] for row in rows if str(row["id"]) not in first)
    states = Counter(row["state"] for row in rows)
    waiting = sum(states[state] for state in OPEN)
    return Outcome(
        messages=len(rows),
        lost=len(written - {row["dedupe_key"] for row in rows})
        + sum(count for state, count in unsent.items() if state not in (*OPEN, "unknown")),
        twice=len(sent_twice(entries)),
        waiting=waiting,
        parked=states["unknown"],
        unsent=unsent["unknown"],
        states=states,
        resumed_s=_resumed(stack, entries),
        waited_s=[
            first[str(row["id"])] - row["created_at"].timestamp()
            for row in rows
            if str(row["id"]) in first
        ],
        longest_doubt_s=attempts["longest_s"] or 0.0,
        attempts=attempts["attempts"],
        took_s=time.monotonic() - began,
    )


def _first_times(entries: list[Entry]) -> dict[str, float]:
    times: dict[str, float] = {}
    for entry in entries:
        if entry.message is not None:
            times[entry.message] = min(entry.at, times.get(entry.message, entry.at))
    return times


def _resumed(stack: DrillStack, entries: list[Entry]) -> list[float]:
    """Return how long after each kill a message was accepted that was not on its way by then."""
    times = sorted(entry.at for entry in entries)
    after = ((at, next((t for t in times if t > at + 0.2), None)) for at, _ in stack.kills)
    return [then - at for at, then in after if then is not None]


async def _insist(work: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await work()
        except _AWAY:
            await asyncio.sleep(0.2)


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


async def flush_redis(stack: DrillStack) -> None:
    """Empty Redis every second until cancelled."""
    redis = Redis.from_url(stack.redis_url)
    try:
        while True:
            await redis.flushall()
            await asyncio.sleep(1)
    finally:
        await redis.aclose()


async def run(
    stack: DrillStack,
    size: Size,
    *,
    beside: Coroutine[object, object, None] | None = None,
    settle_s: float = SETTLE_S,
) -> Outcome:
    """Write, kill, do what goes on `beside` all the time, wait, judge."""
    users = await make_users(size.users)
    began = time.monotonic()
    killing = asyncio.create_task(kill_now_and_then(stack, size))
    other = asyncio.create_task(beside) if beside else None
    try:
        written = await write_all(users, size)
        await killing
        await settled(settle_s)
    finally:
        if other is not None:
            other.cancel()
            await asyncio.wait([other])
    return await judge(stack, written, began=began)
