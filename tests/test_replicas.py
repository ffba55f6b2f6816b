"""Reading from a real streaming replica: when, when not, and when it is gone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import psutil
import pytest
from quart.typing import TestClientProtocol as Client

from server import config, db, db_reading, replicas
from server.app import create_app
from server.config import Settings
from server.lib.clock import utc_now
from server.redis_client import shared
from server.users import own_writes
from server.users import service as users
from server.users.schemas import LoginIn
from server.users.sessions import Device
from tests.factories import PASSWORD, Member
from tests.servers import ReplicaServer, Servers, database_url

WAIT_S = 15


@pytest.fixture
def with_replica(
    database: Settings,
    environment: pytest.MonkeyPatch,
    replica_server: ReplicaServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """The test's database, and its replica in DATABASE_REPLICA_URLS."""
    monkeypatch.setenv("DATABASE_REPLICA_URLS", replica_server.url(database.database))
    config.settings.cache_clear()
    own_writes.forget()
    return config.settings()


@pytest.fixture
async def reading(with_replica: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The replicas of this process, once they may be read from; `database` has the pool."""
    async with replicas.opened(with_replica) as opened:
        monkeypatch.setattr(db_reading, "_replicas", [opened])
        while opened.choose() is None:
            await opened.look()
        yield opened


@pytest.fixture
async def on_replica(
    replica_server: ReplicaServer, servers: Servers, database: Settings
) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to the replica; replay goes on when the test is over."""
    name = database.database.rsplit("/", 1)[1]
    connection = await asyncpg.connect(
        replica_server.url(database_url(servers.superuser_url, name))
    )
    yield connection
    await connection.execute("SELECT pg_wal_replay_resume()")
    await connection.close()


async def until(is_so: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(WAIT_S):
        while True:
            answer = is_so()
            if await answer if isinstance(answer, Awaitable) else answer:
                return
            await asyncio.sleep(0.02)


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


async def test_a_session_reads_what_it_wrote_though_the_replica_stands_still(
    reading, on_replica, member
):
    client = create_app(config.settings()).test_client()
    await on_replica.execute("SELECT pg_wal_replay_pause()")

    made = await client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)

    assert made.status_code == 201
    assert "Choir" in await groups_of(client, member)


async def test_another_session_reads_from_the_replica_what_is_there(reading, on_replica, member):
    client = create_app(config.settings()).test_client()
    await until(lambda: is_replayed(on_replica, member))
    await on_replica.execute("SELECT pg_wal_replay_pause()")
    await client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)
    await forget_everywhere(member)

    assert "Choir" not in await groups_of(client, member)


async def test_another_process_learns_of_a_write_from_redis(reading, member):
    client = create_app(config.settings()).test_client()
    await forget_everywhere(member)
    assert not await own_writes.are_recent(await session_of(member))

    await client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)
    own_writes.forget()  # as another process would not know

    assert await own_writes.are_recent(await session_of(member))


async def test_a_refused_write_counts_as_one(reading, member):
    client = create_app(config.settings()).test_client()
    await forget_everywhere(member)

    await client.post("/api/groups", json={"name": ""}, headers=member.headers)

    assert await own_writes.are_recent(await session_of(member))


async def test_a_sign_in_counts_as_a_write(reading, member):
    await users.login(LoginIn(email=member.email, password=PASSWORD), Device(), now=utc_now())

    assert await own_writes.are_recent(await session_of(member))


async def test_without_redis_a_session_reads_from_the_primary(reading, member, redis_switch):
    session_id = await session_of(member)
    await forget_everywhere(member)
    redis_switch.is_away = True

    assert await own_writes.are_recent(session_id)

    redis_switch.come_back()  # but may have missed a mark meanwhile
    assert await own_writes.are_recent(session_id)


async def test_health_says_how_far_a_replica_is_behind(reading):
    reply = await create_app(config.settings()).test_client().get("/health")

    seen = (await reply.get_json())["checks"]["replica_1"]
    assert (seen["status"], seen["reason"]) == ("ok", None)
    assert 0 <= seen["lag_s"] < 5


async def groups_of(client: Client, member: Member) -> set[str]:
    """Return the names of the member's groups."""
    reply = await client.get("/api/groups", headers=member.headers)
    return {group["name"] for group in (await reply.get_json())["items"]}


async def is_replayed(replica: asyncpg.Connection, member: Member) -> bool:
    """Say whether the replica knows the member."""
    found = await replica.fetchval("SELECT 1 FROM users WHERE id = $1", member.scope.user_id)
    return bool(found)


async def forget_everywhere(member: Member) -> None:
    """Let what the member's session wrote be long ago."""
    own_writes.forget()
    await shared().delete(f"wrote:{await session_of(member)}")


async def session_of(member: Member) -> Any:
    """Return the member's newest session."""
    return await db.fetch_value(
        "SELECT id FROM sessions WHERE user_id = $1 ORDER BY id DESC LIMIT 1",
        member.scope.user_id,
    )
