"""The worker process: SAQ with our limits and heartbeats; the only file that knows every jobs.py.

A job may run twice and its worker may die at any moment: what is to be done stands in rows.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import wraps
from types import TracebackType
from typing import Any

import structlog
from croniter import croniter
from redis.exceptions import RedisError
from saq import CronJob, Job, Status, Worker
from saq.types import Context

from server import db, logs, queue, redis_client, reporting, wiring
from server.account import jobs as account
from server.alerts import jobs as alerts
from server.calendars import jobs as calendars
from server.config import Settings
from server.digests import jobs as digests
from server.errors import Unavailable
from server.jobs import jobs, service
from server.jobs.schedules import RECONCILE
from server.keys import holders, server_keys
from server.keys import jobs as keys
from server.lib.clock import utc_now
from server.messages import sender
from server.queue import GuardedQueue
from server.replies import jobs as replies
from server.samples import jobs as samples
from server.samples.sampler import sampling
from server.suggestions import jobs as suggestions

Function = Callable[..., Awaitable[Any]]

# Every function that may be enqueued, by its name.
FUNCTIONS: tuple[Function, ...] = (
    account.erase_accounts,
    alerts.verify_audit,
    alerts.watch_audit,
    alerts.watch_messages,
    calendars.expand_calendars,
    calendars.refresh_calendars,
    digests.ask_confirmations,
    digests.write_digests,
    jobs.reconcile,
    jobs.retention,
    jobs.retry_failed_jobs,
    jobs.vacuum,
    keys.rotate_keys,
    replies.handle_replies,
    samples.thin_samples,
    suggestions.close_suggestions,
    suggestions.generate_suggestions,
    suggestions.suggest_to_user,
)

SENDERS = 4
"""Connections for messages, which leave beside the jobs."""
GRACE_S = 20
"""How long running jobs may go on after SIGTERM; the rest goes back to the queue."""
DEQUEUE_TIMEOUT_S = 20
SWEEP_S = 5
PULSE_S = 5.0
RECONCILE_LIMIT_S = 60

log = structlog.get_logger()


class JobFailed(Exception):
    """A job's error by its class: SAQ keeps an error's text in Redis, and it may quote data."""

    def __init__(self, code: str, where: list[str]) -> None:
        super().__init__(code)
        self.code = code
        self.where = where


class UnknownFunction(Exception):
    """A job names a function that this version of the worker does not have."""


async def run_worker(settings: Settings) -> None:
    """Work on the queue until SIGTERM or SIGINT, then let running jobs finish for up to 20 s.

    Raises:
        SettingsError: the master key is missing or wrong, or an address is.
        OSError, asyncpg.PostgresError: the database cannot be used.
        Unavailable: `redis_unavailable`: at the start Redis was away for longer than it needs
            to restart. Later the worker waits for it.
    """
    logs.configure(settings.log_level)
    # We log a failed job ourselves, without its arguments and once.
    logging.getLogger("saq").addFilter(lambda r: not str(r.msg).startswith("Error processing"))
    reporting.start(settings)
    wiring.connect()
    connections = min(settings.database_pool_max, settings.worker_concurrency + 2 + SENDERS)
    try:
        async with db.pool(settings, max_size=connections):
            now = utc_now()
            await server_keys.start(now=now)
            await service.sync_schedules(now=now)
            await service.reconcile(now=now)
            async with holders.holding(), sender.sending(settings), sampling("worker"):
                await _work(settings)
    finally:
        await queue.close()
        reporting.stop()


async def _work(settings: Settings) -> None:
    jobs_queue = GuardedQueue(redis_client.client(settings.redis, patient=True), queue.NAME)
    jobs_queue.on_given_up = _give_up
    worker = GracefulWorker(jobs_queue, settings.worker_concurrency)
    await jobs_queue.connect()
    try:
        await _drop_stale_crons(jobs_queue)
        log.info("worker.started", functions=sorted(worker.functions))
        await worker.start()
        log.info("worker.stopped")
    finally:
        await jobs_queue.disconnect()


async def _drop_stale_crons(jobs_queue: GuardedQueue) -> None:
    next_s = croniter(RECONCILE.cron, utc_now()).get_next()
    try:
        await jobs_queue.drop_stale_crons({RECONCILE.name: next_s})
    except redis_client.REDIS_AWAY as error:
        raise Unavailable(
            f"Redis cannot be used ({type(error).__name__}); start it, or look at REDIS_URL.",
            code="redis_unavailable",
        ) from None


class GracefulWorker(Worker[Context]):
    """SAQ's worker, set up our way; when it stops it waits for running jobs only."""

    def __init__(self, jobs_queue: GuardedQueue, concurrency: int) -> None:
        self.jobs_queue = jobs_queue
        self._upkeep: list[asyncio.Task[None]] = []
        functions = {function.__name__: _attempted(function) for function in FUNCTIONS}
        reconcile = CronJob(
            functions[RECONCILE.name],
            RECONCILE.cron,
            timeout=RECONCILE_LIMIT_S,
            heartbeat=queue.HEARTBEAT_S,
            retries=queue.TRIES,
        )
        super().__init__(
            jobs_queue,
            list(functions.items()),
            concurrency=concurrency,
            cron_jobs=[reconcile],
            before_process=_before,
            after_process=_after,
            dequeue_timeout=DEQUEUE_TIMEOUT_S,
            timers={"schedule": 1, "worker_info": 10, "sweep": SWEEP_S, "abort": 1},
            shutdown_grace_period_s=GRACE_S,
        )

    async def upkeep(self) -> list[asyncio.Task[None]]:
        """Start sweeping and scheduling, and remember their tasks."""
        self._upkeep = await super().upkeep()
        return self._upkeep

    async def stop(self) -> None:
        """Stop at once where nothing runs; SAQ alone would wait for each idle wait to end.

        A job that Redis hands over at this very moment is found by the next sweep.
        """
        self.event.set()
        await asyncio.sleep(0)  # who has just begun gets as far as waiting
        while idle := {*self._upkeep, *self.jobs_queue.dequeuing}:
            for task in idle:
                task.cancel()
            # Again until it works: redis-py can swallow a cancellation.
            await asyncio.wait(idle, timeout=0.2)
            self._upkeep = [task for task in self._upkeep if not task.done()]
        await super().stop()


class _Attempt:
    """One try of a job: a pulse while it runs; an error leaves it by its class only."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._ended = asyncio.Event()

    async def __aenter__(self) -> None:
        structlog.contextvars.bind_contextvars(function=self.job.function, job=self.job.key)
        self._pulse = asyncio.create_task(self._beat())

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        # Not cancelled: redis-py can swallow that, and the pulse would go on for ever.
        self._ended.set()
        await asyncio.wait([self._pulse])
        if isinstance(error, Exception):
            if not self.job.retryable:
                reporting.capture(error, transaction=self.job.function)
            raise JobFailed(type(error).__name__, logs.where(error)) from None

    async def _beat(self) -> None:
        """Show that this worker lives: without a pulse the job is given to another."""
        while not self._ended.is_set():
            try:
                async with asyncio.timeout(PULSE_S):
                    await self._ended.wait()
            except TimeoutError:
                with suppress(RedisError, OSError):
                    await self.job.update()


def _attempted(function: Function) -> Function:
    @wraps(function)
    async def attempted(ctx: Context, **ids: str) -> Any:
        async with _Attempt(ctx["job"]):
            return await function(ctx, **ids)

    return attempted


async def _before(ctx: Context) -> None:
    job = ctx["job"]
    if job.function not in ctx["worker"].functions:
        raise UnknownFunction
    schedule = _schedule_of(job)
    if schedule:
        await service.record_start(schedule, now=utc_now())


async def _after(ctx: Context) -> None:
    job, error = ctx["job"], ctx.get("exception")
    if error is not None:
        code, where = type(error).__name__, logs.where(error)
        if isinstance(error, JobFailed):
            code, where = error.code, error.where
        log.warning(
            "job.failed",
            function=job.function,
            job=job.key,
            attempt=job.attempts,
            error=code,
            where=where,
        )
        if job.status == Status.FAILED:
            await _give_up(job, code)
    elif job.status == Status.COMPLETE:
        log.info("job.done", function=job.function, job=job.key, elapsed_ms=job.duration("process"))
        schedule = _schedule_of(job)
        if schedule:
            await service.record_success(schedule, now=utc_now())


async def _give_up(job: Job, code: str = "WorkerDied") -> None:
    await service.record_failure(
        job.function,
        job.key,
        job.kwargs or {},
        schedule=_schedule_of(job),
        attempts=job.attempts,
        error_code=code,
        now=utc_now(),
    )


def _schedule_of(job: Job) -> str | None:
    """Return the schedule that this job is a run of; somebody's own request is none."""
    runs = (f"{service.SCHEDULED}{job.function}", f"cron:{job.function}")
    return job.function if job.key in runs else None
