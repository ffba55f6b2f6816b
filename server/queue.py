"""The queue: enqueue() with our time limits and retries, and a sweep that loses no job (ADR 0006).

Redis is a doorbell, never the record: a job is a nudge to look at rows. One that gets lost is
found again by the reconciler (server/jobs), so nothing here needs to be certain.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Literal, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq import Job, Status
from saq.job import get_default_job_key
from saq.queue.redis import RedisQueue
from saq.utils import now

from server import db
from server.lib.per_loop import PerLoop
from server.lib.scope import Scope
from server.redis_client import REDIS_AWAY, close_shared, shared

NAME = "catchup"
TRIES = 3
FIRST_DELAY_S = 2.0
"""Wait before the second try; it doubles with each, with jitter."""
TIME_LIMIT_S = 900
NUDGE_LIMIT_S = 2.0
HEARTBEAT_S = 30
"""A job whose worker has been silent for this long is taken for dead and tried again."""

log = structlog.get_logger()


async def enqueue(function_name: str, *, key: str | None = None, **ids: str) -> bool:
    """Ask the worker to run a function; call it after the commit that made its rows.

    Say whether a new job was queued: False while one with the same `key` waits or runs, and
    when Redis is away. That is logged and otherwise harmless: the reconciler finds the rows.
    """
    job = Job(
        function=function_name,
        kwargs=dict(ids),
        key=key or get_default_job_key(),
        timeout=TIME_LIMIT_S,
        heartbeat=HEARTBEAT_S,
        retries=TRIES,
        retry_delay=FIRST_DELAY_S,
        retry_backoff=True,
    )
    try:
        # A caller does not wait out the client's own retries: the nudge is not worth it.
        async with asyncio.timeout(NUDGE_LIMIT_S):
            return await _queue.get().enqueue(job) is not None
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("queue.nudge_lost", function=function_name, error=type(error).__name__)
        return False


async def ask_for_user(function_name: str, scope: Scope) -> None:
    """Ask the worker to run a function for one user, once however often it is asked meanwhile.

    Inside a transaction it asks after the commit.
    """

    async def ask() -> None:
        await enqueue(
            function_name,
            key=f"{function_name}:{scope.user_id}",
            household_id=str(scope.household_id),
            user_id=str(scope.user_id),
        )

    await db.after_commit(ask)


async def ping() -> None:
    """Ask Redis for an answer.

    Raises:
        redis.exceptions.RedisError: it gives none, or refuses.
    """
    await _queue.get().redis.ping()


async def server_info() -> Mapping[str, Any]:
    """Return Redis's own INFO; raises as `ping` does."""
    info: Mapping[str, Any] = await _queue.get().redis.info()
    return info


async def count_jobs() -> tuple[int, int]:
    """Return how many jobs wait and how many run; raises as `ping` does."""
    jobs_queue = _queue.get()
    queued, running = await asyncio.gather(jobs_queue.count("queued"), jobs_queue.count("active"))
    return queued, running


def shared_queue() -> "GuardedQueue":
    """Return this process's queue, for who lists or aborts jobs (server/queue_reading.py)."""
    return _queue.get()


async def close() -> None:
    """Close this process's connections; the next call opens new ones."""
    queue = _queue.take()
    if queue is not None:
        await queue.disconnect()
    await close_shared()


_queue = PerLoop(lambda: GuardedQueue(shared(), NAME))


class GuardedQueue(RedisQueue):
    """SAQ's queue with a sweep of our own; pinned to SAQ's version, for it uses private names.

    SAQ's sweep takes a job that a worker has just fetched, but not yet marked as its own, for
    a dead one (saq #277), and revives dead ones one after another, 5 s each. Here a job is
    dead when its time or heartbeat has run out, or when it looks exactly as it did at the
    sweep before: fetched, and marked by nobody. Any other status is none of our business: the
    list and the jobs are read in two steps, and a job may have finished in between.
    """

    def __init__(self, redis: Redis, name: str) -> None:
        super().__init__(redis, name)
        self.on_given_up: Callable[[Job], Awaitable[None]] | None = None
        """Told of a job that died with its worker and has no tries left."""
        self.dequeuing: set[asyncio.Task[Any]] = set()
        """The tasks that wait for a job: idle, safe to cancel."""
        self._unmarked: dict[bytes, bytes] = {}

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Put the jobs of dead workers back, all at once; return their ids.

        `lock`: seconds during which no other worker sweeps. `abort`: seconds that a worker
        which is alive but stuck gets to let go of its job.
        """
        if not await self.redis.set(self._sweep, 1, nx=True, ex=lock):
            return []
        ids = cast(list[bytes], await self.redis.lrange(self._active, 0, -1))
        stored = cast(list[bytes | None], await self.redis.mget(ids) if ids else [])
        unmarked: dict[bytes, bytes] = {}
        dead: list[Job] = []
        for job_id, raw in zip(ids, stored, strict=True):
            job = self.deserialize(raw)
            if raw is None or job is None:
                await self._forget(job_id)
            elif job.status == Status.QUEUED and self._unmarked.get(job_id) != raw:
                unmarked[job_id] = raw
            elif job.status == Status.QUEUED or job.stuck:
                dead.append(job)
        self._unmarked = unmarked
        await asyncio.gather(*(self._revive(job, abort) for job in dead))
        return [job.id for job in dead]

    def list_of(self, name: Literal["queued", "active", "incomplete"]) -> str:
        """Return the name of one of SAQ's lists in Redis."""
        return {"queued": self._queued, "active": self._active, "incomplete": self._incomplete}[
            name
        ]

    async def dequeue(self, timeout: float = 0, poll_interval: float = 0) -> Job | None:  # noqa: ASYNC109  # SAQ's
        """Wait for a job, and be seen waiting: a worker that stops need not wait for us."""
        task = cast(asyncio.Task[Any], asyncio.current_task())
        self.dequeuing.add(task)
        try:
            return await super().dequeue(timeout, poll_interval)
        finally:
            self.dequeuing.discard(task)

    async def disconnect(self) -> None:
        """Close the connections; to say goodbye SAQ would first open one, Redis or not."""
        with suppress(*REDIS_AWAY):
            await self._pubsub.close()
        await self.redis.aclose()

    async def drop_stale_crons(self, expected: Mapping[str, float]) -> list[str]:
        """Drop scheduled cron jobs whose time is not that of `expected` {function: epoch s}.

        SAQ keeps the time that an old version of the schedule gave, months away or not.
        """
        now_s, _ = await self.redis.time()
        waiting: Any = await self.redis.zrangebyscore(
            self._incomplete, f"({now_s}", "+inf", withscores=True
        )
        prefix = self.job_id("cron:")
        dropped = []
        for raw_id, at_s in waiting:
            job_id = raw_id.decode()
            function = job_id.removeprefix(prefix)
            if job_id.startswith(prefix) and expected.get(function) != at_s:
                await self._forget(raw_id)
                dropped.append(function)
        return dropped

    async def _forget(self, job_id: bytes) -> None:
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.lrem(self._active, 0, job_id.decode())
            pipe.zrem(self._incomplete, job_id)
            pipe.delete(job_id)
            await pipe.execute()

    async def _revive(self, job: Job, wait_s: float) -> None:
        # Marked, and fresh again for other sweepers, but still listed as taken: SAQ's abort
        # takes it out of every list first, and a sweeper that dies then leaves it nowhere.
        await self.update(job, status=Status.ABORTING, error="swept", started=now())
        try:
            await job.refresh(wait_s)
        except TimeoutError:
            log.info("queue.worker_silent", function=job.function, job=job.key)
        finally:  # also when this worker is told to stop while it waits
            await self._put_back(job)

    async def _put_back(self, job: Job) -> None:
        if job.status == Status.COMPLETE:  # finished while it was being told to stop
            return
        if job.retryable:
            await self.retry(job, error="swept")
            return
        await self.finish(job, Status.ABORTED, error="swept")
        if self.on_given_up is not None:
            await self.on_given_up(job)
