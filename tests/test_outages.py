"""PostgreSQL or Redis gone under load: every request is answered, and all is well afterwards."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.outages import ANSWER_LIMIT_S, IMMEDIATE, Outcome, Stack, running_stack, suffer, tree

SHORT = {"clients": 20, "away_s": 3.0}
LONG = {"clients": 50, "away_s": 30.0}
LENGTHS = [
    pytest.param(SHORT, id="short"),
    pytest.param(LONG, id="long", marks=pytest.mark.drill),
]
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


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("way", [stopping, freezing])
async def test_postgresql_gone_costs_503_and_nothing_else(stack, way, length):
    outcome = await suffer(stack, *way(stack, "postgres"), **length)

    check(outcome)
    if way is stopping or length is LONG:
        assert outcome.statuses["write"][503] > 0


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("way", [stopping, freezing])
async def test_redis_gone_costs_no_answer_of_the_api(stack, way, length):
    outcome = await suffer(stack, *way(stack, "redis"), **length)

    check(outcome)
    assert set(outcome.statuses["write"]) == {201}
    assert set(outcome.statuses["read"]) == {200}
    assert outcome.statuses["health"][503] > 0
