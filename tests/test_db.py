import asyncio
from contextlib import suppress

import pytest

from server import db, db_connections
from server.db_connections import DatabaseAway, is_gone

POOL = 8  # connections that the fixture `database` opens at most


async def test_a_step_after_the_commit_waits_for_the_outermost_transaction(database):
    seen = []

    async def step() -> None:
        seen.append(await db.fetch_value("SELECT count(*) FROM schedules WHERE name = 'x'"))

    async with db.transaction():
        async with db.transaction():
            await db.after_commit(step)
        assert seen == []
        await db.execute(
            "INSERT INTO schedules (id, name, cron, interval_s, is_enabled, created_at)"
            " VALUES (gen_random_uuid(), 'x', '* * * * *', 60, true, now())"
        )
    assert seen == [1]


async def test_a_step_after_the_commit_is_forgotten_with_what_it_belongs_to(database):
    seen = []

    async def step() -> None:
        seen.append(True)

    with suppress(ZeroDivisionError):
        async with db.transaction():
            await db.after_commit(step)
            raise ZeroDivisionError
    assert seen == []


async def test_outside_a_transaction_a_step_runs_at_once(database):
    seen = []

    async def step() -> None:
        seen.append(True)

    await db.after_commit(step)
    assert seen == [True]


async def test_a_transaction_whose_server_died_gives_its_connection_back(database):
    for _ in range(POOL + 1):
        with pytest.raises(DatabaseAway):
            async with db.transaction():
                await db.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await db.fetch_value("SELECT 1") == 1


async def test_a_transaction_does_not_wait_for_ever_for_a_connection(database, monkeypatch):
    monkeypatch.setattr(db, "ACQUIRE_LIMIT_S", 0.2)
    enough = asyncio.Event()

    async def hold() -> None:
        async with db.transaction():
            await enough.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(POOL):
            group.create_task(hold())
        await asyncio.sleep(0.5)
        with pytest.raises(DatabaseAway):
            async with db.transaction():
                pass
        enough.set()


async def test_the_pool_closes_although_a_connection_never_comes_back(own_database, monkeypatch):
    monkeypatch.setattr(db_connections, "CLOSE_LIMIT_S", 0.1)

    async with asyncio.timeout(30):
        async with db.pool(own_database, max_size=1):
            pool = db.engine().pool
            assert pool is not None
            kept = await pool.acquire()

    assert is_gone(kept)
    assert db.pool_state() is None


async def test_what_is_rolled_back_has_its_other_step_instead(database):
    seen = []

    async def step() -> None:
        seen.append("done")

    async with db.transaction():
        await db.after_commit(step, otherwise=lambda: seen.append("kept"))
        with suppress(ZeroDivisionError):
            async with db.savepoint():
                await db.after_commit(step, otherwise=lambda: seen.append("taken back"))
                raise ZeroDivisionError
    with suppress(ZeroDivisionError):
        async with db.transaction():
            await db.after_commit(step, otherwise=lambda: seen.append("failed"))
            raise ZeroDivisionError

    assert seen == ["taken back", "done", "failed"]


async def _backend() -> int:
    return int(await db.fetch_value("SELECT pg_backend_pid()"))


async def test_the_statements_of_a_block_can_share_one_connection(database):
    async with db.one_connection():
        mine = [await _backend(), await _backend()]
        async with db.transaction():
            mine.append(await _backend())
        async with db.one_connection():
            mine.append(await _backend())
        mine.append(await _backend())
    assert len(set(mine)) == 1


async def test_each_statement_of_such_a_block_is_committed_by_itself(database):
    with suppress(ZeroDivisionError):
        async with db.one_connection():
            await db.execute(
                "INSERT INTO schedules (id, name, cron, interval_s, is_enabled,"
                " created_at) VALUES (gen_random_uuid(), 'x', '* * * * *', 60, true, now())"
            )
            raise ZeroDivisionError
    assert await db.fetch_value("SELECT count(*) FROM schedules WHERE name = 'x'") == 1


async def test_what_a_block_started_may_ask_after_its_end(database):
    ended = asyncio.Event()

    async def later() -> int:
        await ended.wait()
        return await _backend()

    async with db.one_connection():
        started = asyncio.create_task(later())
        await _backend()
    ended.set()
    assert await started > 0
    state = db.pool_state()
    assert state is not None
    assert state.idle == state.size
