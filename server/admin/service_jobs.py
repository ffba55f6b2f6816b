"""The queue, its jobs and the schedules in the shapes of the API and the command line."""

from collections.abc import AsyncIterator
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
    JobsQuery,
    QueueOut,
    WorkerOut,
)
from server.db import Row
from server.errors import BadInput, FieldError, NotFound, Unavailable
from server.jobs import queries_failures as queries
from server.jobs.queries_failures import Filter
from server.lib import cursors
from server.lib.paging import read_cursor
from server.queue_reading import QueuedJob, State, StoredJob, Wanted

_PLACE_TYPES: dict[str, type] = {"failed_at": datetime, "id": UUID}


async def get_queue() -> QueueOut:
    """Count the queue.

    Raises:
        Unavailable: `redis_unavailable`.
    """
    async with redis_at_hand():
        depth = await queue_reading.depth()
    failed, retrying = await queries.count_unsettled_of_server()
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
        BadInput: the cursor is not one of this list; `not_failed`: the order is of failed ones.
        Unavailable: `redis_unavailable`: only failed jobs are kept elsewhere.
    """
    if query.state == "failed":
        return await _list_failed(query)
    _check_order(query)
    is_newest = query.sort == "newest"
    name = f"{query.state}, newest" if is_newest else query.state
    found = read_cursor(query.cursor, (str, int))
    if found is not None and (found[0] != name or found[1] < 0):
        raise BadInput(
            "The cursor is of another list.",
            fields=[FieldError("cursor", "bad_cursor", "must be a next_cursor of this list")],
        )
    async with redis_at_hand():
        jobs, place = await queue_reading.list_jobs(
            query.state,
            start=found[1] if found else 0,
            limit=query.limit,
            wanted=_wanted(query),
            from_end=is_newest,
        )
    return JobPage(
        items=[_queued(job) for job in jobs],
        next_cursor=None if place is None else cursors.encode((name, place)),
    )


async def get_job(job_id: str) -> JobOut:
    """Return a job by its key, or a failed one by its failure's id.

    Raises:
        NotFound: there is none, or it has ended well.
        Unavailable: `redis_unavailable`.
    """
    failure_id = failure_id_of(job_id)
    row = await queries.find_failure(failure_id) if failure_id else None
    if row is not None:
        return shown_failure(row)
    async with redis_at_hand():
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
        rows = await queries.count_failures_of_server(filter_of(wanted))
        by_function = {row["function"]: row["jobs"] for row in rows}
        return JobCount(jobs=sum(by_function.values()), by_function=by_function, is_complete=True)
    async with redis_at_hand():
        found, is_complete = await queue_reading.count_jobs(wanted.state, wanted=_wanted(wanted))
    return JobCount(
        jobs=found.total(), by_function=dict(sorted(found.items())), is_complete=is_complete
    )


async def _list_failed(query: JobsQuery) -> JobPage:
    sort = query.sort or "newest"
    columns = queries.PLACES[sort]
    rows = await queries.list_failures_of_server(
        filter_of(query),
        sort=sort,
        after=read_cursor(query.cursor, [_PLACE_TYPES.get(column, str) for column in columns]),
        limit=query.limit + 1,
    )
    page = rows[: query.limit]
    last = page[-1] if len(rows) > len(page) else None
    return JobPage(
        items=[shown_failure(row) for row in page],
        next_cursor=cursors.encode(tuple(last[column] for column in columns)) if last else None,
    )


async def find_all(wanted: JobFilter, state: State) -> tuple[list[QueuedJob], bool]:
    """Return the jobs of a filter that wait or run, and whether these are all.

    Raises:
        Unavailable: `redis_unavailable`.
    """
    found: list[QueuedJob] = []
    place: int | None = 0
    async with redis_at_hand():
        while place is not None and place < queue_reading.MOST_COUNTED:
            jobs, place = await queue_reading.list_jobs(
                state, start=place, limit=queue_reading.MOST_READ, wanted=_wanted(wanted)
            )
            found += jobs
    return found, place is None


def filter_of(wanted: JobFilter) -> Filter:
    """Return what a statement filters by."""
    return wanted.function, wanted.error_code, wanted.q


def _check(wanted: JobFilter) -> None:
    """Refuse to filter what has not failed by how it failed.

    Raises:
        BadInput: `not_failed`.
    """
    if wanted.state != "failed" and wanted.error_code is not None:
        raise BadInput(
            "Only failed jobs have an error.",
            fields=[FieldError("error_code", "not_failed", "belongs to the state failed")],
        )


def _check_order(query: JobsQuery) -> None:
    """Refuse to order what has not failed by what only a failed job has an index of.

    Raises:
        BadInput: `not_failed`.
    """
    if query.sort in ("function", "error"):
        raise BadInput(
            "Only failed jobs come in this order.",
            fields=[FieldError("sort", "not_failed", "belongs to the state failed")],
        )


def _wanted(query: JobFilter) -> Wanted:
    _check(query)

    def is_wanted(job: StoredJob) -> bool:
        if query.function is not None and job.function != query.function:
            return False
        if query.q is not None:
            return any(query.q in text for text in (job.key, *job.ids.values()))
        return True

    return is_wanted


def shown_failure(row: Row) -> JobOut:
    """Return a failed job in the shape of the API."""
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


def failure_id_of(text: str) -> UUID | None:
    """Return the id of a failed job; None: it is a key of the queue."""
    try:
        return UUID(text)
    except ValueError:
        return None


@asynccontextmanager
async def redis_at_hand() -> AsyncIterator[None]:
    """Say so when the block needs Redis and it is away.

    Raises:
        Unavailable: `redis_unavailable`.
    """
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"Redis cannot be used ({type(error).__name__}), so nothing is known of the queue;"
            " failed jobs are.",
            code="redis_unavailable",
        ) from None
