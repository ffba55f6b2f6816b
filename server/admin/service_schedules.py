"""Schedules in the shapes of the API and the command line."""

from datetime import datetime, timedelta
from uuid import UUID

from server.admin.schemas_jobs import ScheduleOut, SchedulePage
from server.audit import service as audit
from server.db import transaction
from server.errors import NotFound
from server.jobs import service
from server.jobs.rules import Heartbeat, next_occurrence


async def list_schedules(*, now: datetime) -> SchedulePage:
    """Return every schedule with its heartbeat."""
    return SchedulePage(items=[_shown(beat, now) for beat in await service.list_heartbeats()])


async def run(name: str, *, actor_id: UUID | None, now: datetime) -> ScheduleOut:
    """Start a schedule now; while a run of it waits or works, that one is it.

    Raises:
        NotFound: there is no schedule of this name.
    """
    beats = {beat.name: beat for beat in await service.list_heartbeats()}
    if name not in beats:
        raise NotFound
    async with transaction():
        await audit.record(
            audit.SERVER_CHAIN,
            "schedule.started",
            actor_id=actor_id,
            details={"schedule": name},
            now=now,
        )
        await service.start(name)
    return _shown(beats[name], now)


def _shown(beat: Heartbeat, now: datetime) -> ScheduleOut:
    since = beat.last_succeeded_at or beat.created_at
    return ScheduleOut(
        name=beat.name,
        cron=beat.cron,
        is_enabled=beat.is_enabled,
        is_late=beat.is_enabled and now - since > timedelta(seconds=beat.interval_s),
        next_at=next_occurrence(beat.cron, now),
        last_started_at=beat.last_started_at,
        last_succeeded_at=beat.last_succeeded_at,
        last_failed_at=beat.last_failed_at,
        last_error_code=beat.last_error_code,
    )
