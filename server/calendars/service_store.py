"""A parsed calendar into the rows of one calendar, whether it was uploaded or fetched."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from server import versions
from server.audit import service as audit
from server.calendars import queries, queries_events
from server.calendars.ics_read import ParsedCalendar, Series, read_calendar
from server.calendars.schemas import MAX_ITEMS, CalendarImportOut, SeriesOutcome
from server.calendars.sealing import event_row, occurrence_rows
from server.calendars.service import calendar_out
from server.calendars.service_expand import window_at
from server.db import Row
from server.errors import NotFound
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.lib.texts import clean_text
from server.queue import ask_for_user

MAX_NAME = 255

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Change:
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

    def __bool__(self) -> bool:
        return bool(self.replaced or self.written)


async def parse(scope: Scope, load: Callable[[], bytes], *, now: datetime) -> ParsedCalendar:
    """Load a file and read it, both in a thread: of 20 MB either would hold up every request.

    Raises:
        NotFound: the user is gone. NotACalendar: it is no iCalendar file.
    """
    planning = await queries.get_planning(scope)
    if planning is None:
        raise NotFound
    zone, window = ZoneInfo(planning["zone"]), window_at(now)
    return await asyncio.to_thread(lambda: read_calendar(load(), window, floating_zone=zone))


async def compare(scope: Scope, calendar: Row | None, parsed: ParsedCalendar) -> Change:
    """Say what a file means for a calendar; None for one that is not there yet."""
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
    return Change(outcomes, [(uid, row["id"]) for uid, row in known.items()])


async def store(
    scope: Scope,
    calendar_id: UUID,
    known: Row | None,
    parsed: ParsedCalendar,
    change: Change,
    *,
    now: datetime,
) -> Row | None:
    """Let a calendar hold what a file holds; return its row. `known` is what it was before.

    In the caller's transaction, under `lock_calendars`. What is as it was is not written; what
    is not lets the user's suggestions be looked at again.
    """
    window = window_at(now)
    is_current = known is not None and known["expanded_until"] == window.end
    if change or not is_current:
        box = await keys.box(scope.household_id)
        events, occurrences = await asyncio.to_thread(_seal, box, calendar_id, change)
        await queries_events.delete_occurrences(scope, calendar_id)
        await queries_events.delete_events(scope, change.replaced)
        await queries_events.insert_events(scope, events)
        await queries_events.insert_occurrences(scope, occurrences)
        await queries.set_expanded(scope, calendar_id, window.start, window.end)
        if known is not None:
            await queries.touch_calendar(scope, calendar_id, zone=parsed.zone, now=now)
    if change:
        await ask_for_user("suggest_to_user", scope)
    await versions.changed([scope], "calendar")
    return await queries.get_calendar(scope, calendar_id)


async def record(
    scope: Scope, calendar_id: UUID, parsed: ParsedCalendar, change: Change, *, now: datetime
) -> None:
    """Put the change on the audit trail; counts only."""
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


def first_name(*names: str | None) -> str | None:
    """Return the first of these that can be a calendar's name, cleaned and cut."""
    for name in names:
        try:
            text = clean_text(name or "", multiline=False)[:MAX_NAME].strip()
        except ValueError:
            continue
        if text:
            return text
    return None


def import_reply(calendar: Row | None, parsed: ParsedCalendar, change: Change) -> CalendarImportOut:
    """Return what came of a file, failed events first."""
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


def _seal(
    box: keys.Box, calendar_id: UUID, change: Change
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    events = [event_row(box, calendar_id, event_id, series) for event_id, series in change.written]
    occurrences = [
        row
        for _, event_id, series in change.outcomes
        for row in occurrence_rows(box, calendar_id, event_id, series.occurrences)
    ]
    return events, occurrences
