"""What becomes of jobs that were given up: tried again, or forgotten."""

from datetime import datetime
from uuid import UUID

from server import queue
from server.audit import service as audit
from server.db import after_commit, transaction
from server.errors import Conflict, NotFound
from server.jobs import queries_failures as queries
from server.jobs.queries_failures import Filter

JOB = "retry_failed_jobs"
BATCH = 200
ANY: Filter = (None, None, None)


async def ask_for_retry(
    wanted: Filter, *, expected: int, actor_id: UUID | None, now: datetime
) -> int:
    """Let every failed job of a filter run again; the worker puts them into the queue.

    Raises:
        Conflict: `jobs_changed`: they are not `expected` any more.
    """
    async with transaction():
        asked = await queries.ask_for_retry_of_server(wanted, now=now)
        expect(expected, asked)
        await _note("jobs.retried", asked, wanted, actor_id=actor_id, now=now)
        await after_commit(remind)
    return asked


async def ask_for_one(failure_id: UUID, *, actor_id: UUID | None, now: datetime) -> None:
    """Let one failed job run again.

    Raises:
        NotFound: none of this id waits for somebody.
    """
    async with transaction():
        if not await queries.ask_for_retry_of_server(ANY, only=failure_id, now=now):
            raise NotFound
        await _note("jobs.retried", 1, ANY, actor_id=actor_id, failure_id=failure_id, now=now)
        await after_commit(remind)


async def forget(wanted: Filter, *, expected: int, actor_id: UUID | None, now: datetime) -> int:
    """Settle failed jobs of a filter without another try; the rows stay until retention.

    Raises:
        Conflict: `jobs_changed`: they are not `expected` any more.
    """
    async with transaction():
        forgotten = await queries.forget_of_server(wanted, now=now)
        expect(expected, forgotten)
        await _note("jobs.forgotten", forgotten, wanted, actor_id=actor_id, now=now)
    return forgotten


async def forget_one(failure_id: UUID, *, actor_id: UUID | None, now: datetime) -> None:
    """Settle one failed job without another try.

    Raises:
        NotFound: none of this id waits for somebody.
    """
    async with transaction():
        if not await queries.forget_of_server(ANY, only=failure_id, now=now):
            raise NotFound
        await _note("jobs.forgotten", 1, ANY, actor_id=actor_id, failure_id=failure_id, now=now)


async def remind() -> None:
    """Ask the worker to put into the queue what is to be tried again."""
    await queue.enqueue(JOB, key=JOB)


async def reconcile() -> bool:
    """Ask again where a nudge was lost; say whether anything waits."""
    _, retrying = await queries.count_unsettled_of_server()
    if retrying:
        await remind()
    return retrying > 0


async def retry_asked(*, now: datetime) -> int:
    """Put all of them into the queue, a batch at a time; return how many.

    Raises:
        redis.exceptions.RedisError: Redis is away; the rest goes on waiting.
    """
    total = 0
    while done := await retry_batch(now=now):
        total += done
    return total


async def retry_batch(*, now: datetime) -> int:
    """Put up to `BATCH` of them into the queue; return how many.

    Killed in between it does so again: a job with the same key is queued once, and each is safe
    to run twice.

    Raises:
        redis.exceptions.RedisError: Redis is away; the rows go on waiting.
    """
    async with transaction():
        rows = await queries.hold_asked_of_server(limit=BATCH)
        for row in rows:
            if not await queue.enqueue(row["function"], key=row["job_key"], **row["payload"]):
                await queue.ping()  # one that waits already is fine; Redis away is not
        await queries.settle_of_server([row["id"] for row in rows], now=now)
    return len(rows)


def expect(expected: int, found: int) -> None:
    """Refuse to act on another number of jobs than its asker has seen.

    Raises:
        Conflict: `jobs_changed`.
    """
    if expected != found:
        raise Conflict(
            f"There are {found} such jobs now, not {expected}: look again.", code="jobs_changed"
        )


async def _note(
    action: str,
    jobs: int,
    wanted: Filter,
    *,
    actor_id: UUID | None,
    failure_id: UUID | None = None,
    now: datetime,
) -> None:
    function, error_code, _ = wanted
    await audit.record(
        audit.SERVER_CHAIN,
        action,
        actor_id=actor_id,
        subject_kind="job" if failure_id else None,
        subject_id=failure_id,
        details={"jobs": jobs, "function": function, "error_code": error_code},
        now=now,
    )
