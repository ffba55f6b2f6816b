"""What waits and runs in the queue, for who looks after the server; never all of it at once.

SAQ's own `info` reads every job that it lists, and its order is no order that a page can go on
from. Pinned to SAQ's version like server/queue.py, for it uses the names of its lists.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

import msgspec
from saq import Status

from server.queue import GuardedQueue, shared_queue

State = Literal["queued", "scheduled", "running"]

READ_AT_ONCE = 500
MOST_READ = 5_000
"""Jobs that are looked at for one page; a filter that finds few gives short pages."""
MOST_COUNTED = 200_000
COUNTED_AT_ONCE = 2_000
ABORTED = "aborted by an admin"


class StoredJob(msgspec.Struct, frozen=True):
    """What SAQ stores of a job, as far as it is looked at; what is as by default, it leaves out.

    Times count from the Unix epoch: `queued` and `started` in ms, `scheduled` in s.
    """

    key: str
    function: str
    kwargs: dict[str, Any] | None = None
    attempts: int = 0
    retries: int = 1
    queued: float = 0
    started: float = 0
    scheduled: float = 0

    @property
    def ids(self) -> dict[str, str]:
        """What it was asked with (ids only)."""
        return {name: str(value) for name, value in (self.kwargs or {}).items()}


Wanted = Callable[[StoredJob], bool]


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
    oldest = _decoded(await queue.redis.get(first[0])) if first else None
    return Depth(
        queued=info["queued"],
        running=info["active"],
        scheduled=max(0, info["scheduled"]),
        oldest_queued_at=_moment(oldest.queued / 1000) if oldest else None,
        workers=[
            _working(worker, said["stats"] or {})
            for worker, said in sorted(info["workers"].items())
        ],
    )


async def list_jobs(
    state: State, *, start: int, limit: int, wanted: Wanted, from_end: bool = False
) -> tuple[list[QueuedJob], int | None]:
    """Return up to `limit` jobs from a place in the list on, and the place to go on from.

    In the order in which they will run, or `from_end` the other way. At most `MOST_READ` are
    looked at. A place counts from the list's head, from which jobs are taken: what moves up
    meanwhile may be skipped; from its end what is put there meanwhile may let some come twice.
    """
    found: list[QueuedJob] = []
    place = start
    async for stored in _stored(
        state, start=start, most=MOST_READ, at_once=READ_AT_ONCE, from_end=from_end
    ):
        for raw in stored:
            place += 1
            job = _decoded(raw)
            if job is not None and wanted(job):
                found.append(_shown(job, state))
                if len(found) == limit:
                    return found, place
        if len(stored) < READ_AT_ONCE:
            return found, None
    return found, place


async def count_jobs(state: State, *, wanted: Wanted) -> tuple[Counter[str], bool]:
    """Return how many jobs of each function there are, and whether all were looked at.

    At most `MOST_COUNTED` are, and no more than some at once are held.
    """
    found: Counter[str] = Counter()
    async for stored in _stored(state, start=0, most=MOST_COUNTED, at_once=COUNTED_AT_ONCE):
        jobs = (_decoded(raw) for raw in stored)
        found.update(job.function for job in jobs if job is not None and wanted(job))
        if len(stored) < COUNTED_AT_ONCE:
            return found, True
    return found, False


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
    stored = _decoded(raw)
    return None if stored is None else _shown(stored, state)


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


async def _stored(
    state: State, *, start: int, most: int, at_once: int, from_end: bool = False
) -> AsyncIterator[list[bytes | str | None]]:
    """Yield what is stored of jobs from a place on, in the order of `list_jobs`.

    `at_once` at a time, up to `most`; fewer are the end. None: it ended since its id was read.
    """
    queue = shared_queue()
    for place in range(start, start + most, at_once):
        ids = await _ids(queue, state, place, at_once, from_end)
        yield await queue.redis.mget(ids) if ids else []
        if len(ids) < at_once:
            return


async def _ids(
    queue: GuardedQueue, state: State, place: int, at_once: int, from_end: bool
) -> list[bytes]:
    last = place + at_once - 1
    found: Any
    if state != "scheduled":
        name = queue.list_of("queued" if state == "queued" else "active")
        if from_end:
            found = await queue.redis.lrange(name, -last - 1, -place - 1)
            return cast(list[bytes], found[::-1])
        found = await queue.redis.lrange(name, place, last)
    elif from_end:
        found = await queue.redis.zrevrangebyscore(
            queue.list_of("incomplete"), "+inf", "(0", start=place, num=at_once
        )
    else:
        # What waits for no time has the score 0.
        found = await queue.redis.zrangebyscore(
            queue.list_of("incomplete"), "(0", "+inf", start=place, num=at_once
        )
    return cast(list[bytes], found)


# SAQ's own reading makes ten times as much of each job.
_decoder = msgspec.json.Decoder(StoredJob)


def _decoded(raw: bytes | str | None) -> StoredJob | None:
    return _decoder.decode(raw) if raw else None


def _shown(job: StoredJob, state: State) -> QueuedJob:
    return QueuedJob(
        key=job.key,
        function=job.function,
        state=state,
        ids=job.ids,
        attempts=job.attempts,
        tries=job.retries,
        queued_at=_moment(job.queued / 1000),
        started_at=_moment(job.started / 1000) if state == "running" else None,
        starts_at=_moment(job.scheduled) if state == "scheduled" else None,
    )


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
