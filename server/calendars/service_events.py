"""Occurrences and free time."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from server.calendars import queries, queries_events
from server.calendars.busy import busy_of
from server.calendars.ics_errors import EventProblem
from server.calendars.ics_expand import Occurrence
from server.calendars.queries_events import PAGE_KEY
from server.calendars.rules import free_intervals, slots
from server.calendars.schemas import EventOut, EventsPage, EventsQuery, Slot, SlotsOut, SlotsQuery
from server.calendars.sealing import open_details
from server.calendars.service_expand import occurrences_of
from server.calendars.spans import span_of_request
from server.db import Row
from server.errors import BadInput, FieldError, NotFound
from server.keys import service as keys
from server.keys.service import Box
from server.lib import cursors
from server.lib.availability import Availability, availability_of
from server.lib.interval_sets import merge
from server.lib.intervals import Interval
from server.lib.paging import page_of, read_cursor
from server.lib.scope import Scope


@dataclass(frozen=True, slots=True)
class Planning:
    """What the free time of a user depends on besides their calendars."""

    scope: Scope
    zone: ZoneInfo
    availability: Availability


_CURSOR = (datetime, UUID, datetime, int)


async def list_events(scope: Scope, query: EventsQuery) -> EventsPage:
    """Return occurrences of selected calendars, or of one, by start.

    Raises:
        BadInput: `from`, `to` or `cursor` is malformed. NotFound: no such calendar.
    """
    zone, _ = await _planning(scope)
    span = span_of_request(query.from_, query.to, zone)
    if query.calendar_id and await queries.get_calendar(scope, query.calendar_id) is None:
        raise NotFound
    first, skip = _position(query.cursor)
    if await queries_events.is_expanded(scope, span.start, span.end, query.calendar_id):
        rows = await queries_events.list_occurrences(
            scope,
            span.start,
            span.end,
            query.calendar_id,
            first=first,
            skip=skip,
            limit=query.limit + 1,
        )
        box = await keys.box(scope.household_id)
        found = [_stored(box, row) for row in rows]
    else:
        found = [_fresh(*each) for each in await _expanded(scope, span, zone, query.calendar_id)]
        found.sort(key=_key)
        if first is not None:
            found = [each for each in found if _key(each) >= first]
        found = found[skip : skip + query.limit + 1]
    return _page(found, query.limit, first, skip)


async def list_free_slots(scope: Scope, query: SlotsQuery, *, now: datetime) -> SlotsOut:
    """Return the user's free time in the span, none of it before `now`.

    Raises:
        BadInput: `from`, `to` or `cursor` is malformed.
    """
    zone, availability = await _planning(scope)
    asked = span_of_request(query.from_, query.to, ZoneInfo(query.zone) if query.zone else zone)
    free: list[Interval] = []
    if asked.end > now:
        span = Interval(max(asked.start, now), asked.end)
        free = await _free(scope, span, zone, availability)
    minutes = query.minutes or availability.minimum_slot_minutes
    page, more = page_of(slots(free, minutes), query, lambda slot: (slot.start,), datetime)
    return SlotsOut(
        items=[Slot(start=each.start, end=each.end) for each in page],
        free=[Slot(start=each.start, end=each.end) for each in free],
        zone=query.zone or zone.key,
        next_cursor=more,
    )


async def list_busy(
    scopes: Sequence[Scope], start: datetime, end: datetime
) -> dict[UUID, list[Interval]]:
    """Return each user's busy time in [start, end), merged, in one statement for all of them.

    It reads the occurrences that stand (service_expand.window_at), as each user's settings on
    all-day and transparent events want it. Every user has an entry.
    """
    found: dict[UUID, list[Interval]] = defaultdict(list)
    for row in await queries_events.list_busy(scopes, start, end):
        found[row["user_id"]].append(Interval(row["starts_at"], row["ends_at"]))
    return {scope.user_id: merge(found[scope.user_id]) for scope in scopes}


async def free_times(members: Sequence[Planning], *, now: datetime) -> dict[UUID, list[Interval]]:
    """Return each user's free time from `now` to their horizon, in one statement for all."""
    longest = max((member.availability.horizon_days for member in members), default=0)
    end = now + timedelta(days=longest)
    busy = await list_busy([member.scope for member in members], now, end)
    return {
        member.scope.user_id: free_intervals(
            member.availability,
            member.zone,
            busy[member.scope.user_id],
            now,
            now + timedelta(days=member.availability.horizon_days),
        )
        for member in members
    }


async def _free(
    scope: Scope, span: Interval, zone: ZoneInfo, availability: Availability
) -> list[Interval]:
    if await queries_events.is_expanded(scope, span.start, span.end, None):
        busy = (await list_busy([scope], span.start, span.end))[scope.user_id]
    else:
        found = await _expanded(scope, span, zone, None)
        busy = busy_of(
            (each for _, each in found),
            all_day_blocks=availability.all_day_blocks,
            transparent_blocks=availability.transparent_blocks,
        )
    return free_intervals(availability, zone, busy, span.start, span.end)


async def _planning(scope: Scope) -> tuple[ZoneInfo, Availability]:
    row = await queries.get_planning(scope)
    if row is None:
        raise NotFound
    return ZoneInfo(row["zone"]), availability_of(row if row["is_set"] else None)


async def _expanded(
    scope: Scope, span: Interval, zone: ZoneInfo, calendar_id: UUID | None
) -> list[tuple[Row, Occurrence]]:
    """Expand the stored series themselves, for spans in which no occurrences stand."""
    rows = await queries_events.list_series(scope, span.start, span.end, calendar_id)
    box = await keys.box(scope.household_id)
    try:
        return await asyncio.to_thread(
            lambda: [(row, each) for row in rows for each in occurrences_of(box, row, span, zone)]
        )
    except EventProblem:
        raise BadInput(
            "An event repeats too often to be followed as far as `to`.",
            code="too_far",
            fields=[FieldError("to", "too_far", "lies too far from an event's start")],
        ) from None


def _stored(box: Box, row: Row) -> EventOut:
    details = open_details(box, row)
    return EventOut(
        calendar_id=row["calendar_id"],
        event_id=row["event_id"],
        uid=row["uid"],
        start=row["starts_at"],
        end=row["ends_at"],
        all_day=row["is_all_day"],
        start_on=row["start_on"],
        end_on=row["end_on"],
        zone=details.zone,
        busy=row["is_busy"],
        status=row["status"],
        private=row["is_private"],
        title=details.title,
        location=details.location,
    )


def _fresh(row: Row, each: Occurrence) -> EventOut:
    return EventOut.model_validate(
        {
            "calendar_id": row["calendar_id"],
            "event_id": row["id"],
            "uid": row["uid"],
            "start": each.starts_at,
            "end": each.ends_at,
            "all_day": each.is_all_day,
            "start_on": each.start_on,
            "end_on": each.end_on,
            "zone": each.zone,
            "busy": each.is_busy,
            "status": each.status,
            "private": each.is_private,
            "title": each.title,
            "location": each.location,
        }
    )


def _key(each: EventOut) -> PAGE_KEY:
    return each.start, each.event_id, each.end


def _position(cursor: str | None) -> tuple[PAGE_KEY | None, int]:
    """Read a cursor: the last key that was listed, and how many rows with it were."""
    values = read_cursor(cursor, _CURSOR)
    if values is None:
        return None, 0
    return cast(PAGE_KEY, values[:3]), max(0, values[3])


def _page(found: list[EventOut], limit: int, first: PAGE_KEY | None, skip: int) -> EventsPage:
    items, more = found[:limit], found[limit:]
    if not more:
        return EventsPage(items=items, next_cursor=None)
    last = _key(items[-1])
    listed = sum(1 for each in items if _key(each) == last)
    if first == last:
        listed += skip
    return EventsPage(items=items, next_cursor=cursors.encode((*last, listed)))
