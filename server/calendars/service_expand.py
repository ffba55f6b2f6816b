"""Keep occurrences of every calendar standing for the time that matters."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from server import versions
from server.calendars import queries, queries_events
from server.calendars.ics_errors import EventProblem
from server.calendars.ics_expand import Occurrence, expand
from server.calendars.sealing import occurrence_rows, open_component
from server.db import Row, transaction
from server.keys import service as keys
from server.keys.service import Box
from server.lib.intervals import Interval
from server.lib.scope import Scope

BEFORE = timedelta(days=31)
AFTER = timedelta(days=120)
BATCH = 50

log = structlog.get_logger()


def window_at(now: datetime) -> Interval:
    """Return the window in which occurrences stand; the same all day long (UTC)."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Interval(today - BEFORE, today + AFTER)


async def expand_calendars(*, now: datetime) -> int:
    """Bring every calendar's occurrences to today's window; return how many calendars moved.

    Each is one transaction, so a second run, or one after a crash, does only what is left. One
    that fails keeps no other waiting: its error is raised when all have had their turn.
    """
    window = window_at(now)
    moved, after, failures = 0, None, []
    while rows := await queries.list_outdated_of_server(window.end, after=after, limit=BATCH):
        for row in rows:
            (failure,) = await asyncio.gather(_expand_calendar(row, window), return_exceptions=True)
            if failure is None:
                moved += 1
            else:
                failures.append(failure)
        after = rows[-1]["id"]
    if failures:
        raise failures[0]
    return moved


async def _expand_calendar(row: Row, window: Interval) -> None:
    scope, calendar_id = Scope(row["household_id"], row["user_id"]), row["id"]
    box = await keys.box(scope.household_id)
    async with transaction():
        await queries.lock_calendars(scope)
        series = await queries_events.list_series(scope, window.start, window.end, calendar_id)
        made = await asyncio.to_thread(
            _rows, box, calendar_id, series, window, ZoneInfo(row["zone"])
        )
        await queries_events.delete_occurrences(scope, calendar_id)
        await queries_events.insert_occurrences(scope, made)
        await queries.set_expanded(scope, calendar_id, window.start, window.end)
        await versions.changed([scope], "calendar")


def _rows(
    box: Box, calendar_id: UUID, series: list[Row], window: Interval, zone: ZoneInfo
) -> list[tuple[object, ...]]:
    rows = []
    for row in series:
        try:
            found = occurrences_of(box, row, window, zone)
        except EventProblem as problem:
            # It was fine when it was read; since then its window has moved on.
            log.warning("calendar.series_left_out", event_id=str(row["id"]), code=problem.code)
            continue
        rows += occurrence_rows(box, calendar_id, row["id"], found)
    return rows


def occurrences_of(box: Box, row: Row, span: Interval, zone: ZoneInfo) -> list[Occurrence]:
    """Return the instances of a stored series in `span`.

    Raises:
        EventProblem: it repeats too often to be followed that far.
    """
    return expand(open_component(box, row), span.start, span.end, zone)
