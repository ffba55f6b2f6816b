"""PostgreSQL or Redis gone under load: every request is answered, and all is well afterwards."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.outages import (
    ANSWER_LIMIT_S,
    IMMEDIATE,
    PASSWORD,
    Answer,
    Lengths,
    Outcome,
    Stack,
    register,
    running_stack,
    suffer,
    tree,
)

SHORT = Lengths(away_s=2.0, settle_s=2.0)
LONG = Lengths(away_s=30.0, settle_s=ANSWER_LIMIT_S)
BACK_LIMIT_S = 10.0
MOST_GROWTH_MB = 40

Switch = Callable[[], Awaitable[None]]


@pytest.fixture
async def stack() -> AsyncIterator[Stack]:
    async with running_stack() as stack:
        yield stack


def stopping(stack: Stack, name: str) -> tuple[Switch, Switch]:
    """Return how to kill a service, and how to start it again."""
    child = stack.child(name)

    async def take() -> None:
        child.stop_steps = IMMEDIATE
        await child.stop()

    return take, child.start


def freezing(stack: Stack, name: str) -> tuple[Switch, Switch]:
    """Return how to stop a service in the middle of everything, and how to let it go on."""
    processes = tree(stack.child(name).pid)

    async def take() -> None:
        processes[:] = tree(stack.child(name).pid)
        for process in processes:
            process.suspend()

    async def give_back() -> None:
        for process in processes:
            process.resume()

    return take, give_back


def check(outcome: Outcome) -> None:
    """Hold an outcome against what every outage must leave alone."""
    print(f"\n{outcome}")  # `make drills` shows it
    assert outcome.unanswered == 0
    assert outcome.without_retry_after == 0
    assert outcome.slowest_s < ANSWER_LIMIT_S
    assert outcome.back_after_s < BACK_LIMIT_S
    assert outcome.lost == 0
    assert outcome.connections[0] <= outcome.most_connections
    assert outcome.connections[1] == 0
    assert outcome.memory_growth_mb < MOST_GROWTH_MB
    assert set(outcome.statuses["live"]) == {200}
    for counts in outcome.statuses.values():
        assert set(counts) <= {200, 201, 503}


async def test_a_short_absence_of_each_costs_503_at_most(stack):
    tokens = [await register(stack, number) for number in range(10)]

    away = await suffer(stack, *stopping(stack, "postgres"), tokens=tokens, lengths=SHORT)
    check(away)
    assert away.statuses["write"][503] > 0
    for way in (stopping, freezing):
        away = await suffer(stack, *way(stack, "redis"), tokens=tokens, lengths=SHORT)
        check(away)
        # Frozen for so short a time, Redis answers the check that waits for it when it thaws.
        check_without_redis(away, is_noticed=way is stopping)


@pytest.mark.drill
@pytest.mark.parametrize("way", [stopping, freezing])
async def test_postgresql_gone_for_half_a_minute_costs_503_at_most(stack, way):
    tokens = [await register(stack, number) for number in range(50)]

    away = await suffer(stack, *way(stack, "postgres"), tokens=tokens, lengths=LONG)

    check(away)
    assert away.statuses["write"][503] > 0


@pytest.mark.drill
@pytest.mark.parametrize("way", [stopping, freezing])
async def test_redis_gone_for_half_a_minute_costs_nothing_but_sign_in(stack, way):
    tokens = [await register(stack, number) for number in range(50)]
    take, give_back = way(stack, "redis")
    signed_in = []

    async def take_and_sign_in() -> None:
        await take()
        signed_in.append(await login(stack))

    away = await suffer(stack, take_and_sign_in, give_back, tokens=tokens, lengths=LONG)

    check(away)
    check_without_redis(away)
    assert [(answer.status, answer.retry_after != "") for answer in signed_in] == [(503, True)]
    assert (await login(stack)).status == 200


@pytest.mark.drill
async def test_one_members_fifty_slow_requests_leave_the_others_alone(stack):
    slow, other = [await register(stack, number) for number in range(2)]
    enough = asyncio.Event()

    async def hammer() -> None:
        while not enough.is_set():
            await stack.ask("slow", "POST", "/api/suggestions/generate", slow)

    async with asyncio.TaskGroup() as group, held_lock(stack, "u0@example.org"):
        for _ in range(50):
            group.create_task(hammer())
        await asyncio.sleep(1)
        answers = [await stack.ask("other", "GET", "/api/groups", other) for _ in range(50)]
        enough.set()

    took = sorted(answer.took_s for answer in answers)
    print(f"\nthe other member: median {took[25]:.3f} s, slowest {took[-1]:.3f} s")
    assert {answer.status for answer in answers} == {200}
    assert took[25] < 0.5


@asynccontextmanager
async def held_lock(stack: Stack, email: str) -> AsyncIterator[None]:
    """Hold the lock that every `generate` of a user waits for."""
    connection = await asyncpg.connect(stack.catchup_url)
    try:
        async with connection.transaction():
            await connection.execute(
                """SELECT pg_advisory_xact_lock(hashtextextended('suggestions ' || household_id, 0))
                    FROM users WHERE email = $1""",
                email,
            )
            yield
    finally:
        await connection.close()


def check_without_redis(outcome: Outcome, *, is_noticed: bool = True) -> None:
    """Hold an outcome against what the API does on its own limits."""
    assert set(outcome.statuses["write"]) == {201}
    assert set(outcome.statuses["read"]) == {200}
    assert outcome.statuses["health"][503] > 0 or not is_noticed


async def login(stack: Stack) -> Answer:
    """Sign the first user in again."""
    body = {"email": "u0@example.org", "password": PASSWORD}
    return await stack.ask("login", "POST", "/api/auth/login", body=body)
