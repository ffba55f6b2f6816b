"""The queue against a real Redis; each test has a queue name of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from saq import Job, Status
from saq.utils import now

from server import config, queue, redis_client
from server.queue import GuardedQueue
from tests.servers import Servers


@pytest.fixture
async def jobs(
    environment: pytest.MonkeyPatch, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[GuardedQueue]:
    """The queue as a worker sees it."""
    config.settings.cache_clear()
    monkeypatch.setattr(queue, "NAME", f"test_{uuid4().hex}")
    found = GuardedQueue(redis_client.client(servers.redis_url, patient=False), queue.NAME)
    yield found
    keys = await found.redis.keys(f"saq*{queue.NAME}*")
    if keys:
        await found.redis.delete(*keys)
    await queue.close()
    await found.disconnect()


@pytest.fixture
def no_redis(jobs: GuardedQueue, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing listens where Redis should be."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


async def only_job(jobs: GuardedQueue) -> Job:
    found = [job async for job in jobs.iter_jobs()]
    assert len(found) == 1
    return found[0]


async def take(jobs: GuardedQueue, **changes: object) -> Job:
    """Do what a worker does first: fetch a job, and mark it as its own if there are changes."""
    job = await jobs.dequeue(timeout=1)
    assert job is not None
    if changes:
        job.attempts, job.started = job.attempts + 1, now()
        await job.update(**changes)
    return job


async def test_a_job_gets_our_limits_and_its_ids(jobs):
    assert await queue.enqueue("publish", key="publish:1", user_id="1")

    job = await only_job(jobs)
    assert (job.function, job.key, job.kwargs) == ("publish", "publish:1", {"user_id": "1"})
    assert (job.timeout, job.heartbeat, job.retries) == (900, 30, 3)


async def test_ids_may_have_the_names_of_the_queues_own_settings(jobs):
    await queue.enqueue("publish", status="open", timeout="never")

    assert (await only_job(jobs)).kwargs == {"status": "open", "timeout": "never"}


async def test_tries_wait_longer_each_time(jobs, monkeypatch):
    monkeypatch.setattr("saq.utils.random", lambda: 1.0)
    await queue.enqueue("publish")
    job = await only_job(jobs)

    delays = []
    for attempts in (1, 2):
        job.attempts = attempts
        delays.append(job.next_retry_delay())

    assert delays == [2.0, 4.0]


async def test_the_same_key_is_queued_once_while_it_waits(jobs):
    assert await queue.enqueue("publish", key="publish:1")
    assert not await queue.enqueue("publish", key="publish:1")


async def test_a_nudge_without_redis_is_lost_and_harms_nobody(no_redis):
    assert not await queue.enqueue("publish")


async def test_a_missing_redis_is_told_to_who_asks_for_it(no_redis):
    with pytest.raises(RedisConnectionError):
        await queue.ping()


async def test_ids_other_than_text_are_refused(jobs):
    with pytest.raises(TypeError):
        await queue.enqueue("publish", user_id=uuid4())  # type: ignore[arg-type]


async def test_sweep_leaves_a_job_that_was_just_fetched(jobs):
    """SAQ's own sweep aborts it, though its worker is about to run it (saq #277)."""
    await queue.enqueue("publish")
    job = await take(jobs)

    assert await jobs.sweep(lock=1, abort=0.1) == []
    assert await jobs.redis.lrange(jobs._active, 0, -1) == [job.id.encode()]


async def test_sweep_brings_back_a_job_that_was_fetched_and_never_begun(jobs):
    await queue.enqueue("publish")
    job = await take(jobs)
    await jobs.sweep(lock=1, abort=0.1)
    await jobs.redis.delete(jobs._sweep)

    assert await jobs.sweep(lock=1, abort=0.1) == [job.id]
    assert (await only_job(jobs)).status == Status.QUEUED
    assert await jobs.count("incomplete") == 1


async def test_a_job_given_up_may_be_asked_for_again_at_once(jobs, monkeypatch):
    monkeypatch.setattr(queue, "TRIES", 1)
    await queue.enqueue("publish", key="publish:2")
    job = await take(jobs, status=Status.ACTIVE)
    job.touched -= 31_000
    await jobs.redis.set(job.id, jobs.serialize(job))
    await jobs.sweep(lock=1, abort=0.1)

    assert await queue.enqueue("publish", key="publish:2")


async def test_sweep_knows_a_job_that_comes_by_twice_from_one_that_is_stuck(jobs, monkeypatch):
    """A cron job has one key for ever: fetched at this sweep, run, fetched again at the next."""
    monkeypatch.setattr(queue, "FIRST_DELAY_S", 0)
    await queue.enqueue("publish")
    job = await take(jobs)
    await jobs.sweep(lock=1, abort=0.1)
    await job.retry("again")
    await take(jobs)
    await jobs.redis.delete(jobs._sweep)

    assert await jobs.sweep(lock=1, abort=0.1) == []


async def test_sweep_leaves_a_job_that_finished_while_it_was_looking(jobs):
    """The list and the jobs are read in two steps; a draft aborted what ended in between."""
    await queue.enqueue("publish")
    job = await take(jobs, status=Status.ACTIVE)
    await job.finish(Status.COMPLETE)
    await jobs.redis.rpush(jobs._active, job.id)

    assert await jobs.sweep(lock=1, abort=0.1) == []
    assert (await only_job(jobs)).status == Status.COMPLETE


async def test_sweep_leaves_a_job_whose_worker_lives(jobs):
    await queue.enqueue("publish")
    await take(jobs, status=Status.ACTIVE)

    assert await jobs.sweep(lock=1, abort=0.1) == []


async def test_sweep_brings_the_jobs_of_a_dead_worker_back_together(jobs):
    for number in range(5):
        await queue.enqueue("publish", key=f"publish:{number}")
        job = await take(jobs, status=Status.ACTIVE)
        job.touched -= 31_000  # the heartbeat is 30 s
        await jobs.redis.set(job.id, jobs.serialize(job))

    assert len(await jobs.sweep(lock=1, abort=0.2)) == 5
    assert await jobs.count("incomplete") == 5
    assert await jobs.count("active") == 0


async def test_sweep_gives_a_job_without_tries_left_up_and_says_so(jobs, monkeypatch):
    monkeypatch.setattr(queue, "TRIES", 1)
    given_up: list[str] = []

    async def note(job: Job) -> None:
        given_up.append(job.key)

    jobs.on_given_up = note
    await queue.enqueue("publish", key="publish:1")
    job = await take(jobs, status=Status.ACTIVE)
    job.touched -= 31_000
    await jobs.redis.set(job.id, jobs.serialize(job))

    await jobs.sweep(lock=1, abort=0.1)

    assert given_up == ["publish:1"]
    assert (await only_job(jobs)).status == Status.ABORTED


async def test_sweep_brings_back_what_a_killed_sweeper_left_half_done(jobs):
    await queue.enqueue("publish")
    job = await take(jobs, status=Status.ACTIVE)
    job.status, job.touched = Status.ABORTING, job.touched - 31_000
    await jobs.redis.set(job.id, jobs.serialize(job))

    assert await jobs.sweep(lock=1, abort=0.1) == [job.id]
    assert (await only_job(jobs)).status == Status.QUEUED


async def test_a_sweep_that_is_told_to_stop_puts_its_job_back_first(jobs):
    await queue.enqueue("publish")
    job = await take(jobs, status=Status.ACTIVE)
    job.touched -= 31_000
    await jobs.redis.set(job.id, jobs.serialize(job))

    sweeping = asyncio.create_task(jobs.sweep(lock=1, abort=30))
    while (await only_job(jobs)).status != Status.ABORTING:
        await asyncio.sleep(0.01)
    sweeping.cancel()
    await asyncio.wait([sweeping])

    assert (await only_job(jobs)).status == Status.QUEUED
    assert (await jobs.count("incomplete"), await jobs.count("active")) == (1, 0)


async def test_two_sweepers_bring_a_job_back_once(jobs):
    await queue.enqueue("publish")
    job = await take(jobs, status=Status.ACTIVE)
    job.touched -= 31_000
    await jobs.redis.set(job.id, jobs.serialize(job))

    first = asyncio.create_task(jobs.sweep(lock=1, abort=0.5))
    await asyncio.sleep(0.2)
    await jobs.redis.delete(jobs._sweep)

    assert await jobs.sweep(lock=1, abort=0.1) == []
    assert await first == [job.id]


async def test_sweep_forgets_a_job_that_redis_lost(jobs):
    await jobs.redis.rpush(jobs._active, jobs.job_id("gone"))

    await jobs.sweep(lock=1, abort=0.1)

    assert await jobs.count("active") == 0


async def test_only_one_worker_sweeps_at_a_time(jobs):
    await jobs.redis.rpush(jobs._active, jobs.job_id("gone"))
    await jobs.redis.set(jobs._sweep, 1, ex=5)

    await jobs.sweep(lock=1, abort=0.1)

    assert await jobs.count("active") == 1


async def test_a_cron_job_of_an_older_schedule_is_dropped(jobs):
    await jobs.enqueue("reconcile", key="cron:reconcile", scheduled=4_000_000_000)

    assert await jobs.drop_stale_crons({"reconcile": 3_900_000_000.0}) == ["reconcile"]
    assert await jobs.count("incomplete") == 0


async def test_a_cron_job_of_a_function_that_is_gone_is_dropped(jobs):
    await jobs.enqueue("reconcile", key="cron:digest", scheduled=4_000_000_000)

    assert await jobs.drop_stale_crons({"reconcile": 4_000_000_000.0}) == ["digest"]


async def test_a_cron_job_of_this_schedule_stays(jobs):
    await jobs.enqueue("reconcile", key="cron:reconcile", scheduled=4_000_000_000)

    assert await jobs.drop_stale_crons({"reconcile": 4_000_000_000.0}) == []


async def test_other_jobs_that_wait_for_their_time_stay(jobs):
    await jobs.enqueue("publish", key="publish:1", scheduled=4_000_000_000)

    assert await jobs.drop_stale_crons({}) == []
