"""What an admin does to jobs: retry, abort, forget, one or all that a filter finds."""

from datetime import datetime
from uuid import UUID

from server import queue_reading
from server.admin.schemas_jobs import JobOut, JobsActed, JobsActIn
from server.admin.service_jobs import (
    failure_id_of,
    filter_of,
    find_all,
    get_job,
    redis_at_hand,
    shown_failure,
)
from server.audit import service as audit
from server.db import transaction
from server.errors import BadInput, Conflict, FieldError, NotFound
from server.jobs import queries_failures as queries
from server.jobs import service_failures as failures
from server.jobs.queries_failures import Filter

MOST_ABORTED = 5_000
"""Jobs that one call aborts."""


async def retry_one(job_id: str, *, actor_id: UUID | None, now: datetime) -> JobOut:
    """Let a failed job run again.

    Raises:
        NotFound: there is none of this id.
        Conflict: `job_not_failed`: it waits or runs.
    """
    failure_id = failure_id_of(job_id)
    if failure_id is None or await queries.find_failure(failure_id) is None:
        await get_job(job_id)
        raise Conflict("This job has not failed.", code="job_not_failed")
    await failures.ask_for_one(failure_id, actor_id=actor_id, now=now)
    row = await queries.find_failure(failure_id)
    if row is None:  # a worker was quicker
        raise NotFound
    return shown_failure(row)


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
    failure_id = failure_id_of(job_id)
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
    async with redis_at_hand():
        job = await queue_reading.get_job(job_id)
    if job is None:
        raise NotFound
    jobs = await _abort([job.key], job.function, actor_id=actor_id, now=now)
    return JobsActed(jobs=jobs)


async def abort(data: JobsActIn, *, actor_id: UUID | None, now: datetime) -> JobsActed:
    """Take jobs of a filter out of the queue, and stop those that run.

    Raises:
        BadInput: `failed`: those have ended already.
        Conflict: `jobs_changed`, `too_many_jobs`: more than `MOST_ABORTED`.
        Unavailable: `redis_unavailable`.
    """
    if data.state == "failed":
        raise BadInput(
            "A failed job has ended already: retry or forget it.",
            fields=[FieldError("state", "failed", "must be queued, scheduled or running")],
        )
    found, is_complete = await find_all(data, data.state)
    failures.expect(data.expected, len(found))
    if not is_complete or len(found) > MOST_ABORTED:
        raise Conflict(
            f"These are more than {MOST_ABORTED} jobs: abort some of them by a filter.",
            code="too_many_jobs",
        )
    jobs = await _abort([job.key for job in found], data.function, actor_id=actor_id, now=now)
    return JobsActed(jobs=jobs)


async def _abort(
    keys: list[str], function: str | None, *, actor_id: UUID | None, now: datetime
) -> int:
    # On the trail before it is done: what Redis was told cannot be taken back.
    async with transaction():
        await audit.record(
            audit.SERVER_CHAIN,
            "jobs.aborted",
            actor_id=actor_id,
            details={"jobs": len(keys), "function": function},
            now=now,
        )
    async with redis_at_hand():
        return await queue_reading.abort(keys)


def _of_failed(data: JobsActIn) -> Filter:
    if data.state != "failed":
        raise BadInput(
            "Only failed jobs can be retried or forgotten.",
            fields=[FieldError("state", "not_failed", "must be failed")],
        )
    return filter_of(data)
