"""Schedules, heartbeats and the reconciler, on a real database and Redis."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast
from urllib.parse import urlsplit, urlunsplit

import pytest
from redis.asyncio import Redis

from server import config, db, queue, redis_client
from server.jobs import service
from server.jobs.schedules import SCHEDULES, Schedule
from tests.times import MONDAY

NIGHT = MONDAY.replace(hour=2, minute=0)
"""Retention is due then; MONDAY is 9 o'clock."""


@pytest.fixture
async def redis(database: config.Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Redis]:
    """A Redis database that this test may flush."""
    url = urlunsplit(urlsplit(database.redis)._replace(path="/9"))
    monkeypatch.setenv("REDIS_URL", url)
    config.settings.cache_clear()
    client = redis_client.client(url, patient=False)
    yield client
    await queue.close()
    await client.flushdb()
    await client.aclose()


async def queued(redis: Redis) -> set[str]:
    prefix = f"saq:job:{queue.NAME}:"
    keys = cast(list[bytes], await redis.keys(f"{prefix}*"))
    return {key.decode().removeprefix(prefix) for key in keys}


async def synced_last_week() -> None:
    await service.sync_schedules(now=MONDAY - timedelta(days=7))


async def test_every_schedule_of_the_code_has_a_row(database):
    await service.sync_schedules(now=MONDAY)

    beats = await service.list_heartbeats()
    assert {(b.name, b.cron) for b in beats} == {(s.name, s.cron) for s in SCHEDULES}


async def test_a_changed_schedule_keeps_its_heartbeat(database, monkeypatch):
    await synced_last_week()
    await service.record_start("retention", now=MONDAY)
    monkeypatch.setattr(service, "SCHEDULES", (Schedule("retention", "30 5 * * *", 60),))
    await service.sync_schedules(now=MONDAY)

    [beat] = await service.list_heartbeats()
    assert (beat.cron, beat.last_started_at) == ("30 5 * * *", MONDAY)


async def test_a_schedule_that_the_code_dropped_loses_its_row(database, monkeypatch):
    await synced_last_week()
    monkeypatch.setattr(service, "SCHEDULES", SCHEDULES[:1])
    await service.sync_schedules(now=MONDAY)

    assert [beat.name for beat in await service.list_heartbeats()] == [SCHEDULES[0].name]


async def test_what_is_due_is_queued_once(redis):
    await synced_last_week()

    assert await service.reconcile(now=MONDAY) == len(SCHEDULES)
    assert await service.reconcile(now=MONDAY + timedelta(minutes=1)) == 0
    assert await queued(redis) == {f"schedule:{schedule.name}" for schedule in SCHEDULES}


async def test_a_flushed_redis_loses_no_run(redis):
    await synced_last_week()
    await service.reconcile(now=NIGHT)
    await redis.flushdb()

    await service.reconcile(now=NIGHT + timedelta(minutes=1))

    assert "schedule:retention" in await queued(redis)


async def test_a_redis_flushed_during_a_run_gets_it_again_after_its_time_limit(redis):
    await synced_last_week()
    for schedule in SCHEDULES:
        await service.record_start(schedule.name, now=NIGHT)
    await service.record_success("vacuum", now=NIGHT)
    await redis.flushdb()
    late = NIGHT + timedelta(seconds=queue.TIME_LIMIT_S + 1)

    await service.reconcile(now=late)

    assert "schedule:retention" in await queued(redis)
    assert "schedule:vacuum" not in await queued(redis)


async def test_a_run_that_succeeded_is_not_repeated_after_a_flush(redis):
    await synced_last_week()
    for schedule in SCHEDULES:
        await service.record_start(schedule.name, now=NIGHT)
        await service.record_success(schedule.name, now=NIGHT + timedelta(seconds=9))

    assert await service.reconcile(now=NIGHT + timedelta(seconds=59)) == 0


async def test_reconciling_without_redis_fails_nothing(redis, monkeypatch):
    await synced_last_week()
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    config.settings.cache_clear()

    assert await service.reconcile(now=MONDAY) == 0


async def test_vacuum_needs_the_owners_address(database, monkeypatch):
    monkeypatch.delenv("DATABASE_OWNER_URL")
    config.settings.cache_clear()

    assert not await service.vacuum(config.settings())


async def test_vacuum_analyses_the_tables(database):
    assert await service.vacuum(database)

    analysed = await db.fetch_value(
        "SELECT count(*) FROM pg_stat_user_tables WHERE last_vacuum IS NOT NULL"
    )
    assert analysed > 0
