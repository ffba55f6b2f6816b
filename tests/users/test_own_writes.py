"""What this process has to tell the others of its sessions' writes."""

import asyncio
from uuid import uuid4

import pytest

from server import db_reading
from server.users import own_writes


@pytest.fixture(autouse=True)
def _with_replicas(monkeypatch):
    monkeypatch.setattr(db_reading, "has_replicas", lambda: True)
    yield
    own_writes.forget()


async def test_a_mark_that_redis_missed_is_left_once_it_is_back(database, redis_switch):
    session_id = uuid4()
    redis_switch.is_away = True
    await own_writes.note(session_id)
    redis_switch.come_back()

    async with asyncio.timeout(4):
        while own_writes._marking:
            await asyncio.sleep(0.01)
    own_writes.forget()  # as another process would not know

    assert await own_writes.are_recent(session_id)


async def test_nobody_tries_for_longer_than_a_mark_means_anything(
    database, redis_switch, monkeypatch
):
    redis_switch.is_away = True
    monkeypatch.setattr(own_writes, "MOST_LAG_S", 0.1)
    await own_writes.note(uuid4())

    async with asyncio.timeout(4):
        while own_writes._marking:
            await asyncio.sleep(0.01)

    assert not own_writes._unmarked
