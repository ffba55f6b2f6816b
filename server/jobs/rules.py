"""Which schedules are due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A schedule's row: when it should run and what became of it."""

    name: str
    cron: str
    is_enabled: bool
    created_at: datetime
    last_started_at: datetime | None
    last_succeeded_at: datetime | None
    last_failed_at: datetime | None = None
    last_error_code: str | None = None
    interval_s: int = 0


def latest_occurrence(cron: str, now: datetime) -> datetime:
    """Return the last instant at or before `now` that `cron` (UTC) names."""
    # croniter looks strictly before: the instant itself counts, too.
    found: datetime = croniter(cron, now + timedelta(microseconds=1)).get_prev(datetime)
    return found


def next_occurrence(cron: str, now: datetime) -> datetime:
    """Return the first instant after `now` that `cron` (UTC) names."""
    found: datetime = croniter(cron, now).get_next(datetime)
    return found


def due(heartbeats: Iterable[Heartbeat], now: datetime, *, time_limit_s: int) -> list[str]:
    """Name the schedules to start now: those whose latest run was missed, lost or failed.

    A run that was started and has not succeeded is tried again after `time_limit_s`, which no
    living run exceeds. A new schedule waits for its first occurrence.
    """
    return [
        beat.name
        for beat in heartbeats
        if beat.is_enabled and (_missed(beat, now) or _unfinished(beat, now, time_limit_s))
    ]


def _missed(beat: Heartbeat, now: datetime) -> bool:
    return (beat.last_started_at or beat.created_at) < latest_occurrence(beat.cron, now)


def _unfinished(beat: Heartbeat, now: datetime, time_limit_s: int) -> bool:
    started, succeeded = beat.last_started_at, beat.last_succeeded_at
    if started is None or (succeeded is not None and succeeded >= started):
        return False
    return now - started > timedelta(seconds=time_limit_s)
