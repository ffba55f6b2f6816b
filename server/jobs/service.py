"""Heartbeats of the schedules, jobs that failed for good, and the reconciler."""

from collections.abc import Mapping
from datetime import datetime

import structlog

from server import versions
from server.config import Settings
from server.jobs import queries, rules, service_failures
from server.jobs.rules import Heartbeat
from server.jobs.schedules import SCHEDULES
from server.keys import service_rotation as rotation
from server.lib.ids import uuid7
from server.queue import TIME_LIMIT_S, enqueue
from server.replies import service as replies

SCHEDULED = "schedule:"
"""Key of a schedule's own job; the same function asked for by somebody has another key."""

log = structlog.get_logger()


async def sync_schedules(*, now: datetime) -> None:
    """Make the rows of `schedules` those of the code; each worker does so when it starts."""
    await queries.sync_schedules(SCHEDULES, now=now)


async def list_heartbeats() -> list[Heartbeat]:
    """Return every schedule with its heartbeat."""
    return [Heartbeat(**row) for row in await queries.list_schedules()]


async def reconcile(*, now: datetime) -> int:
    """Start every schedule that is due, go on with rotations and with replies that wait.

    Return the number of jobs queued.

    Due-ness is read from the rows alone, so neither a flushed Redis nor a worker that was down
    over the moment loses a run. Safe to run twice: a job with the same key is queued once.
    """
    await versions.pay()
    await rotation.reconcile(now=now)
    queued = int(await replies.remind(now=now)) + int(await service_failures.reconcile())
    for name in rules.due(await list_heartbeats(), now, time_limit_s=TIME_LIMIT_S):
        queued += await start(name)
    return queued


async def start(name: str) -> bool:
    """Queue a run of a schedule; say whether none waited or ran already."""
    return await enqueue(name, key=f"{SCHEDULED}{name}")


async def record_start(name: str, *, now: datetime) -> None:
    """Note that a schedule's run has begun; each try counts."""
    await queries.set_started(name, now=now)


async def record_success(name: str, *, now: datetime) -> None:
    """Note that a schedule's run has ended well."""
    await queries.set_succeeded(name, now=now)


async def record_failure(
    function: str,
    job_key: str,
    ids: Mapping[str, str],
    *,
    schedule: str | None,
    attempts: int,
    error_code: str,
    now: datetime,
) -> None:
    """Keep a job that has used up its tries: its name, ids and the error's class, no more."""
    log.error("job.given_up", function=function, job=job_key, error=error_code)
    await queries.insert_failure(
        uuid7(), function, job_key, ids, attempts=attempts, error_code=error_code, now=now
    )
    if schedule is not None:
        await queries.set_failed(schedule, error_code, now=now)


async def vacuum(settings: Settings) -> bool:
    """Vacuum and analyse the database; say whether it was done. It needs the owner's URL."""
    if settings.database_owner_url is None:
        log.info("vacuum.skipped", reason="DATABASE_OWNER_URL is not set; autovacuum goes on")
        return False
    await queries.vacuum(settings.owner_database)
    return True
