"""The routes of queues, jobs and schedules, typed."""

from dataclasses import asdict, dataclass
from typing import Literal
from urllib.parse import quote

from server.admin.schemas_jobs import (
    JobCount,
    JobOut,
    JobPage,
    JobsActed,
    QueueOut,
    QueuePage,
    ScheduleOut,
    SchedulePage,
)
from tui.api import AdminApi

# Thousands are ended one after another.
_MANY_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Wanted:
    """Which jobs; `q` is part of a key or of an id."""

    state: str
    function: str | None = None
    error_code: str | None = None
    q: str | None = None


async def list_queues(api: AdminApi) -> list[QueueOut]:
    """Read how much is where, and which workers are heard of."""
    return (await api.get("/queues", QueuePage)).items


async def list_jobs(
    api: AdminApi,
    wanted: Wanted,
    *,
    sort: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> JobPage:
    """Read a page of jobs; a filtered one may be short although more follow."""
    return await api.get(
        "/jobs", JobPage, {**asdict(wanted), "sort": sort, "limit": limit, "cursor": cursor}
    )


async def get_job(api: AdminApi, job_id: str) -> JobOut:
    """Read one job."""
    return await api.get(f"/jobs/{quote(job_id, safe='')}", JobOut)


async def count_jobs(api: AdminApi, wanted: Wanted) -> JobCount:
    """Count what a filter finds; changes nothing."""
    return await api.get("/jobs/count", JobCount, asdict(wanted))


async def retry_job(api: AdminApi, job_id: str) -> JobOut:
    """Let a failed job run again."""
    return await api.act("POST", f"/jobs/{quote(job_id, safe='')}/retry", JobOut)


async def end_job(api: AdminApi, verb: Literal["abort", "forget"], job_id: str) -> JobsActed:
    """Take a job out of the queue, or settle a failed one."""
    return await api.act("POST", f"/jobs/{quote(job_id, safe='')}/{verb}", JobsActed)


async def act_on_all(
    api: AdminApi, verb: Literal["retry", "abort", "forget"], wanted: Wanted, *, expected: int
) -> JobsActed:
    """Do it to all that a filter finds, if these are `expected`."""
    asked = {name: value for name, value in asdict(wanted).items() if value is not None}
    body = {**asked, "expected": expected}
    return await api.act("POST", f"/jobs/all/{verb}", JobsActed, body, timeout_s=_MANY_TIMEOUT_S)


async def list_schedules(api: AdminApi) -> list[ScheduleOut]:
    """Read every schedule with its heartbeat."""
    return (await api.get("/schedules", SchedulePage)).items


async def run_schedule(api: AdminApi, name: str) -> ScheduleOut:
    """Start a schedule now; the reply has its heartbeat of before."""
    return await api.act("POST", f"/schedules/{quote(name, safe='')}/run", ScheduleOut)
