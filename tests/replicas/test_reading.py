"""Reading from a real streaming replica: when, when not, and when it is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil

from server import config, db, db_reading, replicas
from server.app import create_app
from tests.replicas.waiting import until


@asynccontextmanager
async def frozen(pid: int) -> AsyncIterator[None]:
    """Stop a PostgreSQL, its backends included, in the middle of everything."""
    processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


async def is_on_replica() -> bool:
    """Say where a statement goes."""
    return bool(await db.fetch_value("SELECT pg_is_in_recovery()"))


async def test_a_block_that_reads_asks_the_replica(reading):
    with db_reading.reading():
        assert await is_on_replica()
    assert not await is_on_replica()


async def test_a_transaction_asks_the_primary_and_so_does_what_follows(reading):
    with db_reading.reading():
        async with db.transaction():
            assert not await is_on_replica()
        assert not await is_on_replica()


async def test_after_a_write_the_primary_is_asked(reading):
    with db_reading.reading():
        await db.execute("DELETE FROM schedules")

        assert not await is_on_replica()


async def test_a_read_that_turns_out_to_write_is_done_on_the_primary(reading):
    with db_reading.reading():
        done = await db.fetch_value("UPDATE schedules SET cron = '' RETURNING 1")

        assert done is None
        assert not await is_on_replica()
    assert reading.choose() is not None


async def test_a_replica_that_replays_nothing_is_left_out_and_comes_back(
    reading, on_replica, monkeypatch
):
    monkeypatch.setattr(replicas, "MOST_LAG_S", 1.5)
    await on_replica.execute("SELECT pg_wal_replay_pause()")
    await write()

    await until(lambda: reading.states[0].reason == "lagging")
    assert reading.states[0].lag_s > 0
    with db_reading.reading():
        assert not await is_on_replica()

    await on_replica.execute("SELECT pg_wal_replay_resume()")
    await until(lambda: reading.choose() is not None)


async def write() -> None:
    """Write something, and wait until it is on disk."""
    await db.execute(
        "INSERT INTO schedules (id, name, cron, interval_s, is_enabled, created_at)"
        " VALUES (gen_random_uuid(), 'x', '* * * * *', 60, true, now())"
    )
    await asyncio.sleep(1)  # the run's server commits without waiting for its disk


async def test_what_is_known_of_a_replica_grows_old_when_nobody_looks(reading, monkeypatch):
    monkeypatch.setattr(replicas, "MOST_LAG_S", -1.0)

    assert reading.choose() is None
    assert reading.states[0].reason == "lagging"


async def test_a_frozen_replica_costs_no_answer(reading, replica_server, monkeypatch):
    monkeypatch.setattr(replicas, "ACQUIRE_LIMIT_S", 0.3)
    with db_reading.reading():
        assert await is_on_replica()
    async with frozen(replica_server.pid):
        with db_reading.reading():
            assert not await is_on_replica()
            assert not await is_on_replica()

        assert reading.choose() is None
    await until(lambda: reading.choose() is not None)


async def test_a_read_that_takes_too_long_there_keeps_nobody_else_from_it(reading):
    with db_reading.reading():
        assert await db.fetch_value("SELECT pg_is_in_recovery()")
        token = db._limit_s.set(0.2)
        try:
            # Slow on the replica only.
            found = await db.fetch_value(
                "SELECT CASE WHEN pg_is_in_recovery() THEN pg_sleep(2)::text ELSE 'primary' END"
            )
        finally:
            db._limit_s.reset(token)

    assert found == "primary"
    assert reading.choose() is not None


async def test_a_replica_whose_backends_are_killed_costs_no_answer(reading, on_replica):
    with db_reading.reading():
        assert await is_on_replica()
        await on_replica.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'catchup'"
        )
        # By the primary, or over a new connection where the end of the old one was noticed first.
        assert {await is_on_replica() for _ in range(3)} <= {True, False}
    await until(lambda: reading.choose() is not None)


async def test_the_least_busy_replica_is_chosen(with_replica, monkeypatch):
    url = with_replica.database_replica_urls[0]
    monkeypatch.setenv("DATABASE_REPLICA_URLS", f"{url},{url}")
    async with replicas.opened(config.load()) as opened:
        await until(lambda: all(not state.reason for state in opened.states))
        first = opened.choose()
        assert first is not None
        async with first.lend():
            second = opened.choose()

        assert second is not None
        assert {first.name, second.name} == {"replica_1", "replica_2"}


async def test_the_primary_itself_is_no_replica(database, monkeypatch):
    monkeypatch.setenv("DATABASE_REPLICA_URLS", database.database)
    async with replicas.opened(config.load()) as opened:
        await opened.look()

        assert [state.reason for state in opened.states] == ["not_a_replica"]


async def test_a_replica_that_is_not_there_delays_no_start(database, monkeypatch):
    monkeypatch.setenv("DATABASE_REPLICA_URLS", "postgresql://x@127.0.0.1:1/x")
    async with asyncio.timeout(1), replicas.opened(config.load()) as opened:
        await opened.look()

        assert [state.reason for state in opened.states] == ["unreachable"]


async def test_health_says_how_far_a_replica_is_behind(reading):
    reply = await create_app(config.settings()).test_client().get("/health")

    seen = (await reply.get_json())["checks"]["replica_1"]
    assert (seen["status"], seen["reason"]) == ("ok", None)
    assert 0 <= seen["lag_s"] < 5
