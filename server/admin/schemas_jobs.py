"""Shapes of the queue, its jobs and the schedules: names, ids, codes and times only."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.lib import cursors
from server.lib.fields import Shape, Whole
from server.lib.paging import MOST, Age

JobSort = Age | Literal["function", "error"]
JobState = Literal["queued", "scheduled", "running", "failed"]


class WorkerOut(Shape):
    """One worker's process, as it last said; silent ones are gone after a while."""

    id: str
    jobs_done: int
    jobs_failed: int
    uptime_s: float


class QueueOut(Shape):
    """How many jobs are where."""

    name: str
    queued: int = Field(description="Waiting for a worker.")
    running: int
    scheduled: int = Field(description="Waiting for their time, or for another try.")
    failed: int = Field(description="Given up, and not yet retried or forgotten.")
    retrying: int = Field(description="Of the failed: those that were asked for again.")
    oldest_queued_at: datetime | None
    workers: list[WorkerOut]


class QueuePage(Shape):
    """Every queue of the server."""

    items: list[QueueOut]


class JobFilter(Shape):
    """Which jobs."""

    state: JobState = "failed"
    function: str | None = Field(
        None, pattern="^[a-z_]+$", max_length=60, examples=["suggest_to_user"]
    )
    error_code: str | None = Field(
        None,
        pattern="^[A-Za-z_]+$",
        max_length=60,
        description="Of failed jobs.",
        examples=["TimeoutError"],
    )
    q: str | None = Field(
        None,
        pattern="^[A-Za-z0-9_:-]+$",
        max_length=100,
        examples=["suggest_to_user"],
        description="Part of the job's key or of an id that it works on.",
    )


class JobsQuery(JobFilter):
    """A page of jobs: failed ones newest first, others in the order in which they will run.

    `sort` `oldest` is that order for what has not failed, `newest` the same from its end. By
    `function` or `error` (of failed ones) the oldest of each come first.
    """

    sort: JobSort | None = Field(
        None, description="`function` and `error` belong to the state failed.", examples=["oldest"]
    )
    limit: int = Field(50, ge=1, le=MOST)
    cursor: str | None = Field(
        None, max_length=cursors.MAX_LENGTH, description="`next_cursor` of the page before."
    )


class JobOut(Shape):
    """One run of a function."""

    id: str = Field(description="Names it in paths: its key, or the failure's id.")
    key: str
    function: str
    state: JobState
    ids: dict[str, str] = Field(description="What it works on; jobs carry ids only.")
    attempts: int
    tries: int = Field(description="How often it is tried.")
    error_code: str | None
    queued_at: datetime | None
    started_at: datetime | None
    starts_at: datetime | None = Field(description="When it is due, or tried again.")
    failed_at: datetime | None
    is_retrying: bool = Field(description="A failed one that was asked for again.")


class JobPage(Shape):
    """A page; `next_cursor` is null on the last one. A filtered page may be short."""

    items: list[JobOut]
    next_cursor: str | None


class JobCount(Shape):
    """How many jobs a filter finds, and by function: look before you act."""

    jobs: int
    by_function: dict[str, int]
    is_complete: bool = Field(description="False: there are more than were looked at.")


class JobsActIn(JobFilter):
    """Which jobs an act is about, and how many its asker has seen."""

    expected: Whole = Field(
        ge=1, le=1_000_000, description="`jobs` of the count; refused when it is another now."
    )


class JobsActed(Shape):
    """What an act on jobs did at once; a retry of many goes on in the worker."""

    jobs: int


class ScheduleOut(Shape):
    """A recurring job and its heartbeat."""

    name: str
    cron: str = Field(description="In UTC.")
    is_enabled: bool
    is_late: bool = Field(description="Without success for longer than it may be.")
    next_at: datetime
    last_started_at: datetime | None
    last_succeeded_at: datetime | None
    last_failed_at: datetime | None
    last_error_code: str | None


class SchedulePage(Shape):
    """Every schedule, by name."""

    items: list[ScheduleOut]
