"""Read an uploaded calendar file into the user's calendars."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from server import versions
from server.audit import service as audit
from server.calendars import queries, queries_events
from server.calendars.ics_errors import NotACalendar
from server.calendars.ics_read import ParsedCalendar, Series, read_calendar
from server.calendars.schemas import MAX_ITEMS, CalendarImportOut, ImportQuery, SeriesOutcome
from server.calendars.sealing import event_row, occurrence_rows
from server.calendars.service import calendar_out
from server.calendars.service_expand import window_at
from server.db import Row, transaction
from server.errors import BadInput, FieldError, NotFound
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.lib.texts import clean_text
from server.lib.uploads import Upload

CONNECTION_NAME = "Uploaded calendars"
DEFAULT_NAME = "Imported calendar"
MAX_NAME = 255

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class _Change:
    """What a file means for a calendar; `removed` are the uid and id of what it lacks."""

    outcomes: list[tuple[Outcome, UUID, Series]]
    removed: list[tuple[str, UUID]]

    @property
    def replaced(self) -> list[UUID]:
        """Rows that go before the new ones come."""
        updated = [event_id for outcome, event_id, _ in self.outcomes if outcome == "updated"]
        return updated + [event_id for _, event_id in self.removed]

    @property
    def written(self) -> list[tuple[UUID, Series]]:
        """Series that are new or differ."""
        return [(event_id, s) for outcome, event_id, s in self.outcomes if outcome != "unchanged"]


async def import_file(
    scope: Scope, upload: Upload, query: ImportQuery, *, now: datetime
) -> CalendarImportOut:
    """Read a file into one calendar, which afterwards holds what the file holds.

    Malformed events are listed and the others go in, all in one transaction; a second import
    of the same file changes nothing.

    Raises:
        BadInput: `not_a_calendar`. NotFound: the user has no such uploaded calendar.
    """
    planning = await queries.get_planning(scope)
    if planning is None:
        raise NotFound
    try:
        parsed = await asyncio.to_thread(
            read_calendar,
            upload.file.read(),
            window_at(now),
            floating_zone=ZoneInfo(planning["zone"]),
        )
    except NotACalendar as error:
        raise BadInput(
            str(error),
            code="not_a_calendar",
            fields=[FieldError("file", "not_a_calendar", str(error))],
        ) from None
    async with transaction():
        await queries.lock_calendars(scope)
        calendar, name = await _find_calendar(scope, parsed, upload, query)
        change = await _compare(scope, calendar, parsed)
        if not query.dry_run:
            calendar = await _write(scope, calendar, parsed, change, name, now=now)
            await versions.changed([scope], "calendar")
        return _reply(calendar, parsed, change)


async def _find_calendar(
    scope: Scope, parsed: ParsedCalendar, upload: Upload, query: ImportQuery
) -> tuple[Row | None, str]:
    """Return the calendar that a file is a newer state of, if any, and the name it bears here."""
    if query.calendar_id is not None:
        found = await queries.get_calendar(scope, query.calendar_id)
        if found is None or found["provider"] != "upload":
            raise NotFound
        return found, found["name"]
    name = stated = _name(parsed, upload, query)
    number = 2
    while (named := await queries.get_uploaded(scope, name)) is not None:
        if await _is_same(scope, named, parsed, query):
            break
        name, number = f"{stated[: MAX_NAME - 8]} {number}", number + 1
    return named, name


async def _is_same(scope: Scope, calendar: Row, parsed: ParsedCalendar, query: ImportQuery) -> bool:
    """Say whether a file is a newer state of the calendar whose name it bears.

    A name that was asked for says so, and so do shared events. Two files called
    `calendar.ics`, or by no name at all, are two calendars: neither may empty the other.
    """
    if query.name:
        return True
    rows = await queries_events.list_fingerprints(scope, calendar["id"])
    known = {row["uid"] for row in rows}
    return not known or any(series.uid in known for series in parsed.series)


async def _compare(scope: Scope, calendar: Row | None, parsed: ParsedCalendar) -> _Change:
    rows = await queries_events.list_fingerprints(scope, calendar["id"]) if calendar else []
    known = {row["uid"]: row for row in rows}
    outcomes: list[tuple[Outcome, UUID, Series]] = []
    for series in parsed.series:
        row = known.pop(series.uid, None)
        if row is None:
            outcomes.append(("created", uuid7(), series))
        elif bytes(row["component_sha256"]) != series.sha256:
            outcomes.append(("updated", row["id"], series))
        else:
            outcomes.append(("unchanged", row["id"], series))
    return _Change(outcomes, [(uid, row["id"]) for uid, row in known.items()])


async def _write(
    scope: Scope,
    calendar: Row | None,
    parsed: ParsedCalendar,
    change: _Change,
    name: str,
    *,
    now: datetime,
) -> Row | None:
    calendar_id = calendar["id"] if calendar else await _make(scope, parsed, name, now=now)
    window = window_at(now)
    is_current = calendar is not None and calendar["expanded_until"] == window.end
    if not (is_current and not change.replaced and not change.written):
        box = await keys.box(scope.household_id)
        events, occurrences = await asyncio.to_thread(_seal, box, calendar_id, change)
        await queries_events.delete_occurrences(scope, calendar_id)
        await queries_events.delete_events(scope, change.replaced)
        await queries_events.insert_events(scope, events)
        await queries_events.insert_occurrences(scope, occurrences)
        await queries.set_expanded(scope, calendar_id, window.start, window.end)
        if calendar is not None:
            await queries.touch_calendar(scope, calendar_id, zone=parsed.zone, now=now)
    await audit.record(
        scope.household_id,
        "calendar.imported",
        actor_id=scope.user_id,
        subject_kind="calendar",
        subject_id=calendar_id,
        details={
            "written": len(change.written),
            "removed": len(change.removed),
            "failed": len(parsed.bad),
        },
        now=now,
    )
    return await queries.get_calendar(scope, calendar_id)


def _seal(
    box: keys.Box, calendar_id: UUID, change: _Change
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    events = [event_row(box, calendar_id, event_id, series) for event_id, series in change.written]
    occurrences = [
        row
        for _, event_id, series in change.outcomes
        for row in occurrence_rows(box, calendar_id, event_id, series.occurrences)
    ]
    return events, occurrences


async def _make(scope: Scope, parsed: ParsedCalendar, name: str, *, now: datetime) -> UUID:
    connection_id = await queries.get_upload_connection(scope)
    if connection_id is None:
        connection_id = uuid7()
        await queries.insert_upload_connection(scope, connection_id, CONNECTION_NAME, now=now)
    calendar_id = uuid7()
    values = {
        "id": calendar_id,
        "connection_id": connection_id,
        "name": name,
        "zone": parsed.zone,
    }
    await queries.insert_calendar(scope, values, now=now)
    return calendar_id


def _name(parsed: ParsedCalendar, upload: Upload, query: ImportQuery) -> str:
    """Return the calendar's name: as asked, as the file says, as the file is called."""
    for name in (query.name, parsed.name, (upload.name or "").removesuffix(".ics")):
        try:
            text = clean_text(name or "", multiline=False)[:MAX_NAME].strip()
        except ValueError:
            continue
        if text:
            return text
    return DEFAULT_NAME


def _reply(calendar: Row | None, parsed: ParsedCalendar, change: _Change) -> CalendarImportOut:
    failed = [
        SeriesOutcome(
            position=bad.position,
            line=bad.line,
            uid=bad.uid,
            outcome="failed",
            code=bad.code,
            reason=bad.reason,
        )
        for bad in parsed.bad
    ]
    read = [
        SeriesOutcome(
            position=series.position,
            line=series.line,
            uid=series.uid,
            outcome=outcome,
            code=series.remark[0] if series.remark else None,
            reason=series.remark[1] if series.remark else None,
        )
        for outcome, _, series in change.outcomes
    ]
    removed = [
        SeriesOutcome(position=0, line=0, uid=uid, outcome="removed") for uid, _ in change.removed
    ]
    items = [*failed, *removed, *read]
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    for outcome, _, _ in change.outcomes:
        counts[outcome] += 1
    return CalendarImportOut(
        calendar=calendar_out(calendar) if calendar else None,
        **counts,
        removed=len(removed),
        failed=len(failed),
        ignored=parsed.ignored,
        items=items[:MAX_ITEMS],
        items_left_out=max(0, len(items) - MAX_ITEMS),
    )
