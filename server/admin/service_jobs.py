"""The queue, its jobs and the schedules in the shapes of the API and the command line."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from redis.exceptions import RedisError

from server import queue, queue_reading
from server.admin.schemas_jobs import (
    JobCount,
    JobFilter,
    JobOut,
    JobPage,
    JobsActed,
    JobsActIn,
    JobsQuery,
    QueueOut,
    WorkerOut,
)
from server.audit import service as audit
from server.db import Row, transaction
from server.errors import BadInput, Conflict, FieldError, NotFound, Unavailable
from server.jobs import queries_failures as queries
from server.jobs import service_failures as failures
from server.jobs.queries_failures import Filter
from server.lib import cursors
from server.lib.paging import read_cursor
from server.queue_reading import QueuedJob, State

MOST_COUNTED = 100_000
MOST_ABORTED = 5_000
"""Jobs that one call aborts; it is the head of the queue that goes first."""


async def get_queue() -> QueueOut:
    """Count the queue.

    Raises:
        Unavailable: `redis_unavailable`.
    """
    async with _redis():
        depth = await queue_reading.depth()
    failed, retrying = await queries.count_unsettled()
    return QueueOut(
        name=queue.NAME,
        queued=depth.queued,
        running=depth.running,
        scheduled=depth.scheduled,
        failed=failed,
        retrying=retrying,
        oldest_queued_at=depth.oldest_queued_at,
        workers=[
            WorkerOut(
                id=one.id,
                jobs_done=one.jobs_done,
                jobs_failed=one.jobs_failed,
                uptime_s=one.uptime_s,
            )
            for one in depth.workers
        ],
    )


async def list_jobs(query: JobsQuery) -> JobPage:
    """Return a page of jobs of one state.

    Raises:
        BadInput: the cursor is not one of this list.
        Unavailable: `redis_unavailable`: only failed jobs are kept elsewhere.
    """
    if query.state == "failed":
        return await _list_failed(query)
    found = read_cursor(query.cursor, (str, int))
    if found is not None and (found[0] != query.state or found[1] < 0):
        raise BadInput(
            "The cursor is of another list.",
            fields=[FieldError("cursor", "bad_cursor", "must be a next_cursor of this list")],
        )
    async with _redis():
        jobs, place = await queue_reading.list_jobs(
            query.state, start=found[1] if found else 0, limit=query.limit, wanted=_wanted(query)
        )
    return JobPage(
        items=[_queued(job) for job in jobs],
        next_cursor=None if place is None else cursors.encode((query.state, place)),
    )


async def get_job(job_id: str) -> JobOut:
    """Return a job by its key, or a failed one by its failure's id.

    Raises:
        NotFound: there is none, or it has ended well.
        Unavailable: `redis_unavailable`.
    """
    failure_id = _uuid(job_id)
    row = await queries.find_failure(failure_id) if failure_id else None
    if row is not None:
        return _failed(row)
    async with _redis():
        job = await queue_reading.get_job(job_id)
    if job is None:
        raise NotFound
    return _queued(job)


async def count_jobs(wanted: JobFilter) -> JobCount:
    """Count what a filter finds.

    Raises:
        Unavailable: `redis_unavailable`.
    """
    if wanted.state == "failed":
        rows = await queries.count_failures(_filter(wanted))
        by_function = {row["function"]: row["jobs"] for row in rows}
        return JobCount(jobs=sum(by_function.values()), by_function=by_function, is_complete=True)
    found, is_complete = await _all(wanted, wanted.state)
    return JobCount(
        jobs=len(found),
        by_function=dict(sorted(Counter(job.function for job in found).items())),
        is_complete=is_complete,
    )


async def retry_one(job_id: str, *, actor_id: UUID | None, now: datetime) -> JobOut:
    """Let a failed job run again.

    Raises:
        NotFound: there is none of this id.
        Conflict: `job_not_failed`: it waits or runs.
    """
    failure_id = _uuid(job_id)
    if failure_id is None or await queries.find_failure(failure_id) is None:
        await get_job(job_id)
        raise Conflict("This job has not failed.", code="job_not_failed")
    await failures.ask_for_one(failure_id, actor_id=actor_id, now=now)
    row = await queries.find_failure(failure_id)
    if row is None:  # a worker was quicker
        raise NotFound
    return _failed(row)


async def retry(data: JobsActIn, *, actor_id: UUID | None, now: datetime) -> JobsActed:
    """Let all failed jobs of a filter run again.

    Raises:
        BadInput: `not_failed`: it filters for another state.
        Conflict: `jobs_changed`.
    """
    jobs = await failures.ask_for_retry(
        _of_failed(data), expected=data.expected, actor_id=actor_id, now=now
    )
    return JobsActed(jobs=jobs)


async def forget_one(job_id: str, *, actor_id: UUID | None, now: datetime) -> JobsActed:
    """Settle a failed job without another try.

    Raises:
        NotFound: there is no failed job of this id.
    """
    failure_id = _uuid(job_id)
    if failure_id is None:
        raise NotFound
    await failures.forget_one(failure_id, actor_id=actor_id, now=now)
    return JobsActed(jobs=1)


async def forget(data: JobsActIn, *, actor_id: UUID | None, now: datetime) -> JobsActed:
    """Settle all failed jobs of a filter without another try.

    Raises:
        BadInput: `not_failed`: it filters for another state.
        Conflict: `jobs_changed`.
    """
    jobs = await failures.forget(
        _of_failed(data), expected=data.expected, actor_id=actor_id, now=now
    )
    return JobsActed(jobs=jobs)


async def abort_one(job_id: str, *, actor_id: UUID | None, now: datetime) -> JobsActed:
    """Take a job out of the queue, or stop it where it runs.

    Raises:
        NotFound: no job of this key waits or runs.
        Unavailable: `redis_unavailable`.
    """
    async with _redis():
        job = await queue_reading.get_job(job_id)
        if job is None:
            raise NotFound
        jobs = await queue_reading.abort([job.key])
    await _note_abort(jobs, job.function, actor_id=actor_id, now=now)
    return JobsActed(jobs=jobs)


async def abort(data: JobsActIn, *, actor_id: UUID | None, now: datetime) -> JobsActed:
    """Take jobs of a filter out of the queue, `MOST_ABORTED` of them at most.

    Raises:
        BadInput: `failed`: those have ended already.
        Conflict: `jobs_changed`.
        Unavailable: `redis_unavailable`.
    """
    if data.state == "failed":
        raise BadInput(
            "A failed job has ended already: retry or forget it.",
            fields=[FieldError("state", "failed", "must be queued, scheduled or running")],
        )
    found, _ = await _all(data, data.state)
    failures.expect(data.expected, len(found))
    async with _redis():
        jobs = await queue_reading.abort([job.key for job in found[:MOST_ABORTED]])
    await _note_abort(jobs, data.function, actor_id=actor_id, now=now)
    return JobsActed(jobs=jobs)


async def _list_failed(query: JobsQuery) -> JobPage:
    rows = await queries.list_failures(
        _filter(query), after=read_cursor(query.cursor, (datetime, UUID)), limit=query.limit + 1
    )
    page = rows[: query.limit]
    last = page[-1] if len(rows) > len(page) else None
    return JobPage(
        items=[_failed(row) for row in page],
        next_cursor=cursors.encode((last["failed_at"], last["id"])) if last else None,
    )


async def _all(wanted: JobFilter, state: State) -> tuple[list[QueuedJob], bool]:
    found: list[QueuedJob] = []
    place: int | None = 0
    async with _redis():
        while place is not None and place < MOST_COUNTED:
            jobs, place = await queue_reading.list_jobs(
                state, start=place, limit=queue_reading.MOST_READ, wanted=_wanted(wanted)
            )
            found += jobs
    return found, place is None


async def _note_abort(
    jobs: int, function: str | None, *, actor_id: UUID | None, now: datetime
) -> None:
    async with transaction():
        await audit.record(
            audit.SERVER_CHAIN,
            "jobs.aborted",
            actor_id=actor_id,
            details={"jobs": jobs, "function": function},
            now=now,
        )


def _filter(wanted: JobFilter) -> Filter:
    return wanted.function, wanted.error_code, wanted.q


def _of_failed(data: JobsActIn) -> Filter:
    if data.state != "failed":
        raise BadInput(
            "Only failed jobs can be retried or forgotten.",
            fields=[FieldError("state", "not_failed", "must be failed")],
        )
    return _filter(data)


def _wanted(query: JobFilter) -> Callable[[QueuedJob], bool]:
    def is_wanted(job: QueuedJob) -> bool:
        if query.function is not None and job.function != query.function:
            return False
        if query.q is not None:
            return any(query.q in text for text in (job.key, *job.ids.values()))
        return True

    return is_wanted


def _failed(row: Row) -> JobOut:
    return JobOut(
        id=str(row["id"]),
        key=row["job_key"],
        function=row["function"],
        state="failed",
        ids=row["payload"],
        attempts=row["attempts"],
        tries=queue.TRIES,
        error_code=row["error_code"],
        queued_at=None,
        started_at=None,
        starts_at=None,
        failed_at=row["failed_at"],
        is_retrying=row["retry_asked_at"] is not None,
    )


def _queued(job: QueuedJob) -> JobOut:
    return JobOut(
        id=job.key,
        key=job.key,
        function=job.function,
        state=job.state,
        ids=dict(job.ids),
        attempts=job.attempts,
        tries=job.tries,
        error_code=None,
        queued_at=job.queued_at,
        started_at=job.started_at,
        starts_at=job.starts_at,
        failed_at=None,
        is_retrying=False,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@asynccontextmanager
async def _redis() -> AsyncIterator[None]:
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"Redis cannot be used ({type(error).__name__}), so nothing is known of the queue;"
            " failed jobs are.",
            code="redis_unavailable",
        ) from None
