"""The first look of an admin, from the parts that each know their own."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import psutil
from redis.exceptions import RedisError

from server import config, queue
from server.admin import queries_overview as queries
from server.admin import rules_overview as rules
from server.admin import service_expiries
from server.admin.schemas_overview import (
    CountsOut,
    JobCountsOut,
    MessageCountsOut,
    OverviewCheckOut,
    OverviewOut,
    ProcessOut,
)
from server.config import Settings
from server.embedded.running import Seen, list_running
from server.health import checks, settings_checks
from server.health import service as health
from server.health.checks import DATABASE_ERRORS, Check
from server.health.queries import ALERTS_SHOWN
from server.lib.commit import commit
from server.lib.version import VERSION

KEEP_S = 1.0
"""How long a look is good, however many dashboards ask."""

_kept: list[tuple[float, OverviewOut]] = []


async def overview(settings: Settings, *, now: datetime) -> OverviewOut:
    """Return the overview; it may be a second old. Without the database it has no counts."""
    if _kept and time.monotonic() - _kept[0][0] < KEEP_S:
        return _kept[0][1]
    found = await _look(settings, now=now)
    _kept[:] = [(time.monotonic(), found)]
    return found


def forget() -> None:
    """Look anew at the next call (tests)."""
    _kept.clear()


def shown(check: Check) -> OverviewCheckOut:
    """Return a check in the shape of the API."""
    return OverviewCheckOut(
        name=check.name,
        status=check.status,
        reason=check.reason or None,
        detail=check.detail,
        fix=check.fix or None,
    )


async def _look(settings: Settings, *, now: datetime) -> OverviewOut:
    found = [
        *await health.look(now=now),
        *checks.replicas(),
        *(checks.disk(folder) for folder in settings_checks.data_folders(settings, config.home())),
    ]
    counts = await _counts(now=now)
    expiries = (await service_expiries.list_expiries(settings, now=now)).items if counts else []
    processes = list_running(config.home())
    return OverviewOut(
        status=checks.worst(found),
        checks=[shown(check) for check in found],
        needs_you=rules.needs(found, counts, expiries),
        counts=counts,
        version=VERSION,
        commit=commit(),
        mode=_mode(processes),
        started_at=_started_at(),
        processes=[_process(one) for one in processes],
    )


async def _counts(*, now: datetime) -> CountsOut | None:
    try:
        row = await checks.within(
            checks.LIMIT_S, queries.count_of_server(alerts_since=now - ALERTS_SHOWN)
        )
    except DATABASE_ERRORS:
        return None
    if row is None:
        return None
    queued, running = await _jobs()
    return CountsOut(
        users=row["users"],
        users_disabled=row["users_disabled"],
        jobs=JobCountsOut(queued=queued, running=running, failed=row["jobs_failed"]),
        messages=MessageCountsOut(
            pending=row["pending"], failed=row["failed"], unknown=row["unknown"]
        ),
        alerts=row["alerts"],
    )


async def _jobs() -> tuple[int | None, int | None]:
    try:
        return await checks.within(checks.LIMIT_S, queue.count_jobs()) or (None, None)
    except (RedisError, OSError):
        return None, None


def _mode(processes: Sequence[Seen]) -> Literal["embedded", "box"]:
    return "embedded" if processes else "box"


def _process(one: Seen) -> ProcessOut:
    return ProcessOut(
        name=one.name,
        pid=one.pid,
        is_running=one.memory_bytes is not None,
        cpu_percent=one.cpu_percent,
        memory_bytes=one.memory_bytes,
        started_at=_second(one.started),
    )


def _started_at() -> datetime:
    return _second(psutil.Process().create_time())


def _second(unix_s: float) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=round(unix_s))
