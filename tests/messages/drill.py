"""Jobs at a steady pace while parts are killed, and what ledgers and rows say of them.

Most are messages; what the others are says drill_jobs.py. What they write are messages, too.
"""

import asyncio
import random
import time
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
from tests.messages import drill_jobs
from tests.messages.drill_jobs import Deed, Work
from tests.messages.drill_outcome import OPEN, Outcome, judge
from tests.messages.drill_stack import DrillStack
from tests.rows import insert_user

T = TypeVar("T")

WRITERS = 4
SETTLE_S = 900.0
"""How long to wait for the last message on a slow machine; all goes on as soon as it is there."""
_AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


@dataclass(frozen=True)
class Size:
    """How much is to do, over how long, and how often something is killed meanwhile.

    Of the jobs beside messages, each of the `users` has a digest and a question if there are
    `repliers`, each of whom answers `replies_each` times; the engine looks at each newcomer.
    """

    users: int
    sms_each: int
    mails_each: int
    seconds: float
    kills: int
    repliers: int = 0
    replies_each: int = 0
    newcomers: int = 0

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
        """How many are written by the drill itself."""
        return self.users * (self.sms_each + self.mails_each)

    @property
    def jobs(self) -> int:
        """How many jobs in all."""
        digests_and_questions = 2 * self.users if self.repliers else 0
        others = digests_and_questions + self.repliers * self.replies_each + self.newcomers
        return self.messages + others


async def make_users(count: int) -> list[Scope]:
    """Make that many users of one household, each with a verified phone and an address."""
    member = await make_member()
    scopes = []
    async with db.transaction():
        for number in range(count):
            scope = Scope(member.scope.household_id, await insert_user(member))
            await reach.set_phone(scope, f"+1415555{number:04}", now=utc_now())
            scopes.append(scope)
    return scopes


async def do_all(users: list[Scope], size: Size, work: Work) -> set[str]:
    """Write every message and ask for the other jobs, at an even pace.

    Return the dedupe keys that were acknowledged. Who gets no answer asks again, with the same
    key, as a job would.
    """
    written: set[str] = set()
    plan: list[Deed] = [
        partial(_write, scope, channel, number, written)
        for scope in users
        for channel, number in size.of_each_user
    ]
    plan += work.deeds
    random.Random(1).shuffle(plan)
    began = time.monotonic()
    places = iter(enumerate(plan))

    async def do_some() -> None:
        for place, deed in places:
            await asyncio.sleep(began + place * size.seconds / len(plan) - time.monotonic())
            await _insist(deed)

    await asyncio.gather(*(do_some() for _ in range(WRITERS)))
    return written


async def _write(scope: Scope, channel: outbox.ChannelName, number: int, written: set[str]) -> None:
    key = f"drill:{scope.user_id}:{channel}:{number}"
    async with db.transaction():
        await outbox.write(
            scope, kind="drill", dedupe_key=key, subject="Drill", body=key, channel=channel,
            now=utc_now(),
        )  # fmt: skip
    written.add(key)


async def kill_now_and_then(stack: DrillStack, size: Size, *, seed: int = 1) -> None:
    """Kill each part equally often, in random order, at random moments."""
    chance = random.Random(seed)
    names = [name for name in stack.killable for _ in range(-(-size.kills // len(stack.killable)))]
    chance.shuffle(names)
    for name in names[: size.kills]:
        await asyncio.sleep(size.seconds / (size.kills + 1) * chance.uniform(0.6, 1.4))
        await stack.kill(name)


async def settled(limit_s: float, work: Work) -> None:
    """Wait until no message is on its way and no job is left."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if not await _insist(partial(_is_something_left, work)):
            return
        await asyncio.sleep(1)


async def _is_something_left(work: Work) -> bool:
    return any(done.missing for done in (await drill_jobs.done(work)).values()) or bool(
        await db.fetch_value(
            "SELECT count(*) FROM outbox_messages WHERE state = ANY($1)", list(OPEN)
        )
    )


async def _insist(work: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await work()
        except _AWAY:
            await asyncio.sleep(0.2)


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
    is_hurried: bool = False,
) -> Outcome:
    """Write, kill, do what goes on `beside` all the time, wait, judge.

    One that `is_hurried` does not wait for the schedules: all that is due is started at the end.
    """
    everybody = await make_users(size.users + size.repliers + size.newcomers)
    users, others = everybody[: size.users], everybody[size.users :]
    work = await drill_jobs.make_work(
        users if size.repliers else [],
        others[: size.repliers],
        others[size.repliers :],
        replies_each=size.replies_each,
        seconds=size.seconds,
        server_url=stack.server_url,
    )
    began = time.monotonic()
    killing = asyncio.create_task(kill_now_and_then(stack, size))
    other = asyncio.create_task(beside) if beside else None
    try:
        written = await do_all(users, size, work)
        await killing
        await _insist(drill_jobs.start_all if is_hurried else drill_jobs.catch_up)
        await settled(settle_s, work)
    finally:
        if other is not None:
            other.cancel()
            await asyncio.wait([other])
    return await _insist(partial(judge, stack, written, work, began=began))
