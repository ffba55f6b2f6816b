import asyncio
from uuid import uuid4

import pytest

from server.errors import Unavailable
from server.users import turns

ANA, BEN = uuid4(), uuid4()


async def test_one_user_has_few_requests_at_once_and_all_are_done():
    inside = most = done = 0

    async def ask():
        nonlocal inside, most, done
        async with turns.turn_of(ANA):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            done += 1

    await asyncio.gather(*(ask() for _ in range(50)))

    assert (most, done) == (turns.AT_ONCE["requests"], 50)


async def test_another_user_does_not_wait():
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        enough = asyncio.Event()
        for _ in range(50):
            group.create_task(hold(ANA, enough))
        await asyncio.sleep(0)
        async with turns.turn_of(BEN):
            enough.set()


async def test_who_waits_too_long_is_told_to_come_back(monkeypatch):
    monkeypatch.setitem(turns.WAIT_S, "requests", 0.05)
    enough = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(turns.AT_ONCE["requests"]):
            group.create_task(hold(ANA, enough))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            async with turns.turn_of(ANA):
                pass
        enough.set()

    assert (refused.value.code, refused.value.headers) == ("too_many_at_once", {"Retry-After": "1"})


async def test_nothing_is_kept_of_a_user_who_asks_for_nothing():
    with pytest.raises(ZeroDivisionError):
        async with turns.turn_of(ANA):
            raise ZeroDivisionError

    assert not turns._turns


async def hold(user_id, enough):
    async with turns.turn_of(user_id):
        await enough.wait()
