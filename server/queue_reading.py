"""What waits and runs in the queue, for who looks after the server; never all of it at once.

SAQ's own `info` reads every job that it lists, and its order is no order that a page can go on
from. Pinned to SAQ's version like server/queue.py, for it uses the names of its lists.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from saq import Job, Status

from server.queue import GuardedQueue, shared_queue

State = Literal["queued", "scheduled", "running"]

READ_AT_ONCE = 500
MOST_READ = 5_000
"""Jobs that are looked at for one page; a filter that finds few gives short pages."""
ABORTED = "aborted by an admin"


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """One job in Redis; times are aware UTC, `ids` what it was asked with (ids only)."""

    key: str
    function: str
    state: State
    ids: Mapping[str, str]
    attempts: int
    tries: int
    queued_at: datetime | None
    started_at: datetime | None
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Working:
    """One worker's process, as it last said."""

    id: str
    jobs_done: int
    jobs_failed: int
    uptime_s: float


@dataclass(frozen=True, slots=True)
class Depth:
    """How many jobs are where, and who works on them."""

    queued: int
    running: int
    scheduled: int
    oldest_queued_at: datetime | None
    workers: list[Working]


async def depth() -> Depth:
    """Count the queue.

    Raises:
        redis.exceptions.RedisError, OSError: Redis is away.
    """
    queue = shared_queue()
    info = await queue.info()
    first = cast(list[bytes], await queue.redis.lrange(queue.list_of("queued"), 0, 0))
    oldest = _read(queue, await queue.redis.get(first[0]), "queued") if first else None
    return Depth(
        queued=info["queued"],
        running=info["active"],
        scheduled=max(0, info["scheduled"]),
        oldest_queued_at=oldest.queued_at if oldest else None,
        workers=[
            _working(worker, said["stats"] or {})
            for worker, said in sorted(info["workers"].items())
        ],
    )


async def list_jobs(
    state: State, *, start: int, limit: int, wanted: Callable[[QueuedJob], bool]
) -> tuple[list[QueuedJob], int | None]:
    """Return up to `limit` jobs from a place in the list on, and the place to go on from.

    In the order in which they will run. At most `MOST_READ` are looked at. A place counts from
    the list's head, from which jobs are taken: what moves up meanwhile may be skipped.
    """
    queue = shared_queue()
    found: list[QueuedJob] = []
    place = start
    while place < start + MOST_READ:
        ids = await _ids(queue, state, place, READ_AT_ONCE)
        stored = await queue.redis.mget(ids) if ids else []
        for raw in stored:
            place += 1
            job = _read(queue, raw, state)
            if job is not None and wanted(job):
                found.append(job)
                if len(found) == limit:
                    return found, place
        if len(ids) < READ_AT_ONCE:
            return found, None
    return found, place


async def get_job(key: str) -> QueuedJob | None:
    """Return a job that waits or runs, by its key."""
    queue = shared_queue()
    raw = await queue.redis.get(queue.job_id(key))
    job = queue.deserialize(raw)
    if job is None or job.status not in _STATE_OF:
        return None
    state = _STATE_OF[job.status]
    if state == "queued" and await queue.redis.zscore(queue.list_of("incomplete"), job.id):
        state = "scheduled"
    return _read(queue, raw, state)


async def abort(keys: list[str]) -> int:
    """Take jobs out of the queue, and stop those that run; return how many there were.

    What runs is told within a second. Rows that still want the work bring it back: a job is
    a nudge.
    """
    queue = shared_queue()
    ended = 0
    for job in await queue.jobs(keys):
        if job is not None and job.status in _STATE_OF:
            await queue.abort(job, ABORTED)
            ended += 1
    return ended


_STATE_OF: dict[Status, State] = {
    Status.NEW: "queued",
    Status.QUEUED: "queued",
    Status.ACTIVE: "running",
}


def _working(worker: str, stats: Mapping[str, Any]) -> Working:
    return Working(
        worker,
        jobs_done=stats.get("complete", 0),
        jobs_failed=stats.get("failed", 0) + stats.get("aborted", 0),
        uptime_s=stats.get("uptime", 0) / 1000,
    )


async def _ids(queue: GuardedQueue, state: State, place: int, count: int) -> list[bytes]:
    last = place + count - 1
    found: Any
    if state == "queued":
        found = await queue.redis.lrange(queue.list_of("queued"), place, last)
    elif state == "running":
        found = await queue.redis.lrange(queue.list_of("active"), place, last)
    else:
        # What waits for no time has the score 0.
        found = await queue.redis.zrangebyscore(
            queue.list_of("incomplete"), "(0", "+inf", start=place, num=count
        )
    return cast(list[bytes], found)


def _read(queue: GuardedQueue, raw: Any, state: State) -> QueuedJob | None:
    job = queue.deserialize(raw)
    if job is None:  # it ended since its id was read
        return None
    return QueuedJob(
        key=job.key,
        function=job.function,
        state=state,
        ids={name: str(value) for name, value in (job.kwargs or {}).items()},
        attempts=job.attempts,
        tries=job.retries,
        queued_at=_moment(job.queued),
        started_at=_moment(job.started) if state == "running" else None,
        starts_at=_starts_at(job) if state == "scheduled" else None,
    )


def _moment(ms: int) -> datetime | None:
    return datetime.fromtimestamp(ms / 1000, UTC) if ms else None


def _starts_at(job: Job) -> datetime | None:
    return datetime.fromtimestamp(job.scheduled, UTC) if job.scheduled else None
