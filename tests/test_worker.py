"""The worker against a real Redis and PostgreSQL, also in a process that gets killed."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from saq import Status
from saq.types import Context

from server import config, db, queue, redis_client, worker
from server.jobs import service
from server.jobs.schedules import SCHEDULES
from server.lib.clock import utc_now
from server.queue import GuardedQueue

CANARY = "Ana's secret"
PROCESS_WAIT_S = 30


@pytest.fixture
async def redis(database: config.Settings) -> AsyncIterator[Redis]:
    """This test's Redis, its jobs forgotten afterwards."""
    client = redis_client.client(database.redis, patient=False)
    yield client
    keys = await client.keys(f"saq*{queue.NAME}*")
    if keys:
        await client.delete(*keys)
    await client.aclose()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed tries are repeated without a wait."""
    monkeypatch.setattr(queue, "FIRST_DELAY_S", 0)


@asynccontextmanager
async def started(
    monkeypatch: pytest.MonkeyPatch, *functions: worker.Function, burst: bool = False
) -> AsyncIterator[worker.GracefulWorker]:
    """A worker in this process, with `functions` besides its own; `burst`: until nothing waits."""
    monkeypatch.setattr(worker, "FUNCTIONS", (*worker.FUNCTIONS, *functions))
    monkeypatch.setattr(worker.GracefulWorker, "SIGNALS", [])
    jobs = GuardedQueue(redis_client.client(config.settings().redis, patient=True), queue.NAME)
    jobs.on_given_up = worker._give_up
    running = worker.GracefulWorker(jobs, 2)
    if burst:
        running.burst, running.dequeue_timeout = True, 0.5
    task = asyncio.create_task(running.start())
    try:
        while not running.tasks:
            await asyncio.sleep(0.01)
        yield running
        await task
    finally:
        await jobs.disconnect()


async def work_off(monkeypatch: pytest.MonkeyPatch, *functions: worker.Function) -> None:
    """Run a worker in this process until nothing waits."""
    async with started(monkeypatch, *functions, burst=True):
        pass


async def failures() -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT function, payload, attempts, error_code, error FROM job_failures")
    return [dict(row) for row in rows]


async def heartbeat(name: str) -> dict[str, Any]:
    row = await db.fetch_row("SELECT * FROM schedules WHERE name = $1", name)
    assert row is not None
    return dict(row)


async def test_a_failing_job_is_tried_three_times_then_kept_by_its_class(
    redis, at_once, monkeypatch
):
    tries = []

    async def break_down(ctx: Context, *, user_id: str) -> None:
        tries.append(ctx["job"].attempts)
        raise ValueError(CANARY)

    await queue.enqueue("break_down", user_id="7")
    await work_off(monkeypatch, break_down)

    assert tries == [1, 2, 3]
    assert await failures() == [
        {
            "function": "break_down",
            "payload": {"user_id": "7"},
            "attempts": 3,
            "error_code": "ValueError",
            "error": "ValueError",
        }
    ]


async def test_the_text_of_an_error_reaches_neither_redis_nor_the_log(
    redis, at_once, monkeypatch, capfd
):
    async def break_down(_ctx: Context) -> None:
        raise ValueError(CANARY)

    await queue.enqueue("break_down")
    await work_off(monkeypatch, break_down)

    stored = [await redis.get(key) for key in await redis.keys(f"saq:job:{queue.NAME}:*")]
    assert any(b"JobFailed" in (raw or b"") for raw in stored)
    assert not any(CANARY.encode() in (raw or b"") for raw in stored)
    assert CANARY not in "".join(capfd.readouterr())


async def test_a_job_that_succeeds_on_a_later_try_is_no_failure(redis, at_once, monkeypatch):
    async def stumble(ctx: Context) -> None:
        if ctx["job"].attempts < 3:
            raise ConnectionError

    await queue.enqueue("stumble")
    await work_off(monkeypatch, stumble)

    assert await failures() == []


async def test_a_job_over_its_time_limit_is_stopped(redis, at_once, monkeypatch):
    monkeypatch.setattr(queue, "TIME_LIMIT_S", 1)
    monkeypatch.setattr(queue, "TRIES", 1)

    async def dawdle(_ctx: Context) -> None:
        await asyncio.sleep(30)

    await queue.enqueue("dawdle")
    await work_off(monkeypatch, dawdle)

    assert [row["error_code"] for row in await failures()] == ["TimeoutError"]


async def test_an_unknown_function_is_kept_as_a_failure(redis, at_once, monkeypatch):
    await queue.enqueue("no_such_function")
    await work_off(monkeypatch)

    assert [row["error_code"] for row in await failures()] == ["UnknownFunction"]


async def test_a_schedules_run_leaves_its_heartbeat(redis, monkeypatch):
    await service.sync_schedules(now=utc_now())
    await queue.enqueue("retention", key="schedule:retention")
    await work_off(monkeypatch)

    beat = await heartbeat("retention")
    assert beat["last_started_at"] <= beat["last_succeeded_at"]


async def test_somebodys_own_request_is_no_heartbeat(redis, monkeypatch):
    await service.sync_schedules(now=utc_now())
    await queue.enqueue("retention", key="retention:by-hand")
    await work_off(monkeypatch)

    assert (await heartbeat("retention"))["last_started_at"] is None


async def test_a_schedules_failure_is_on_its_heartbeat(redis, at_once, monkeypatch):
    async def retention(_ctx: Context) -> None:
        raise ValueError(CANARY)

    await service.sync_schedules(now=utc_now())
    await queue.enqueue("retention", key="schedule:retention")
    await work_off(monkeypatch, retention)

    beat = await heartbeat("retention")
    assert (beat["last_error_code"], beat["last_succeeded_at"]) == ("ValueError", None)
    assert beat["last_failed_at"] is not None


async def test_a_running_job_has_a_pulse(redis, monkeypatch):
    monkeypatch.setattr(worker, "PULSE_S", 0.05)
    beats: list[bool] = []

    async def take_time(ctx: Context) -> None:
        job = ctx["job"]
        began = job.touched
        await asyncio.sleep(0.3)
        stored = await job.get_queue().job(job.key)
        beats.append(stored is not None and stored.touched > began)

    await queue.enqueue("take_time")
    await work_off(monkeypatch, take_time)

    assert beats == [True]


async def test_an_idle_worker_stops_at_once(redis, monkeypatch):
    async with started(monkeypatch) as running:
        began = time.monotonic()
        await running.stop()

    # Every one of its waits for a job lasts 20 s.
    assert time.monotonic() - began < worker.DEQUEUE_TIMEOUT_S / 2


async def test_a_job_that_outlasts_the_grace_goes_back_to_the_queue(redis, monkeypatch):
    monkeypatch.setattr(worker, "GRACE_S", 0.2)
    begun = asyncio.Event()

    async def take_ages(_ctx: Context) -> None:
        begun.set()
        await asyncio.sleep(600)

    await queue.enqueue("take_ages", key="long")
    async with started(monkeypatch, take_ages) as running:
        await begun.wait()
        await running.stop()

    jobs = GuardedQueue(redis, queue.NAME)
    job = await jobs.job("long")
    assert job is not None
    assert job.status == Status.QUEUED
    assert await jobs.count("active") == 0


async def test_a_job_that_died_with_its_last_try_is_kept_as_a_failure(redis, monkeypatch):
    monkeypatch.setattr(queue, "TRIES", 1)
    jobs = GuardedQueue(redis, queue.NAME)
    jobs.on_given_up = worker._give_up
    await queue.enqueue("publish", user_id="7")
    job = await jobs.dequeue(timeout=1)
    assert job is not None
    job.attempts, job.status, job.started, job.touched = 1, Status.ACTIVE, 1, 1
    await redis.set(job.id, jobs.serialize(job))

    await jobs.sweep(lock=1, abort=0.1)

    [failure] = await failures()
    assert (failure["error_code"], failure["payload"]) == ("WorkerDied", {"user_id": "7"})


async def test_a_starting_worker_puts_the_schedules_right(own_database, monkeypatch):
    monkeypatch.setattr(queue, "NAME", f"test_{uuid4().hex}")
    jobs = GuardedQueue(redis_client.client(own_database.redis, patient=False), queue.NAME)
    months_away = 4_000_000_000
    await jobs.enqueue("reconcile", key="cron:reconcile", scheduled=months_away)

    running = asyncio.create_task(worker.run_worker(own_database))
    async with asyncio.timeout(PROCESS_WAIT_S):
        while (job := await jobs.job("cron:reconcile")) is None or job.scheduled == months_away:
            await asyncio.sleep(0.05)
        names = {beat.name for beat in await service.list_heartbeats()}
        os.kill(os.getpid(), signal.SIGTERM)
        await running
    await jobs.disconnect()

    assert names == {schedule.name for schedule in SCHEDULES}


@asynccontextmanager
async def worker_process() -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker in a process of its own, on this test's database and queue."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.worker_process", queue.NAME, env=dict(os.environ)
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def marks(file: Path, count: int) -> list[str]:
    """Wait until the job has left `count` marks."""
    async with asyncio.timeout(PROCESS_WAIT_S):
        while True:
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) >= count:
                return lines
            await asyncio.sleep(0.05)


async def test_a_job_whose_worker_is_killed_runs_again(redis, monkeypatch, tmp_path):
    monkeypatch.setattr(queue, "HEARTBEAT_S", 1)
    file = tmp_path / "marks"
    await queue.enqueue("leave_mark", file=str(file), seconds="600")

    async with worker_process() as first:
        await marks(file, 1)
        first.send_signal(signal.SIGKILL)
        await first.wait()
    async with worker_process():
        assert await marks(file, 3) == ["began 1", "began 2", "ended 2"]


async def test_a_running_job_finishes_after_sigterm(redis, tmp_path):
    file = tmp_path / "marks"
    await queue.enqueue("leave_mark", file=str(file), seconds="1")

    async with worker_process() as process:
        await marks(file, 1)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PROCESS_WAIT_S) == 0

    assert file.read_text().splitlines() == ["began 1", "ended 1"]
