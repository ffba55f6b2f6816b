import asyncio

import pytest

from server import db, metrics, queue
from server.lib.ids import uuid7
from server.samples import queries, sampler
from tests.messages.letters import insert_letter


@pytest.fixture(autouse=True)
def counted_anew():
    metrics.take_latency_counts()


async def kept():
    return await db.fetch("SELECT * FROM samples")


async def test_a_process_notes_what_it_costs(database):
    await sampler.note("worker", sampler.used_now())

    (row,) = await kept()

    assert (row["process"], row["span_s"], row["at"].second % 10) == ("worker", 10, 0)
    assert row["memory_bytes"] > 2**20
    assert row["cpu_percent"] >= 0
    assert row["connections"] > 0


async def test_requests_are_of_the_ten_seconds_that_end(database):
    metrics.observe_request("GET", "/x", 200, 0.0021)

    await sampler.note("server", sampler.used_now())
    await sampler.note("server", sampler.used_now())

    first, second = await kept()
    assert (first["requests"], sum(first["latency_counts"])) == (1, 1)
    assert (second["requests"], second["latency_counts"]) == (0, None)


async def test_what_waits_is_counted(database, member):
    await insert_letter(member)
    await queue.enqueue("retention", key=str(uuid7()))

    await sampler.note("server", sampler.used_now())

    (row,) = await kept()
    assert (row["queued"], row["running"], row["messages_pending"]) == (1, 0, 1)


async def test_without_redis_the_rest_is_noted(database, monkeypatch):
    async def away():
        raise ConnectionRefusedError

    monkeypatch.setattr(queue, "count_jobs", away)

    await sampler.note("server", sampler.used_now())

    (row,) = await kept()
    assert (row["queued"], row["memory_bytes"] > 0) == (None, True)


async def test_without_the_database_a_process_goes_on_and_notes_later(database, monkeypatch):
    monkeypatch.setattr(sampler, "SPAN_S", 0.05)
    asked, insert = [], queries.insert_sample_of_server

    async def insert_later(noted):
        asked.append(noted)
        if len(asked) < 3:
            raise ConnectionRefusedError
        await insert(noted)

    monkeypatch.setattr(queries, "insert_sample_of_server", insert_later)

    async with sampler.sampling("server"), asyncio.timeout(10):
        while len(asked) < 4:
            await asyncio.sleep(0.01)

    assert await kept()
