"""Series and occurrences as encrypted rows, and back."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.calendars.ics_expand import Occurrence
from server.calendars.ics_read import Series
from server.db import Row
from server.keys.service import Box
from server.lib.ids import uuid7


@dataclass(frozen=True, slots=True)
class Details:
    """What of an occurrence is encrypted."""

    title: str
    location: str
    attendees: tuple[str, ...]
    zone: str | None


def event_row(box: Box, calendar_id: UUID, event_id: UUID, series: Series) -> tuple[Any, ...]:
    """Return a series as queries_events.insert_events takes it."""
    return (
        event_id,
        calendar_id,
        series.uid,
        box.seal("calendar_events", "component", event_id, series.text),
        series.sha256,
        series.is_recurring,
        series.first_start,
        series.last_end,
    )


def occurrence_rows(
    box: Box, calendar_id: UUID, event_id: UUID, occurrences: Iterable[Occurrence]
) -> list[tuple[Any, ...]]:
    """Return a series' occurrences as queries_events.insert_occurrences takes them."""
    return [_occurrence_row(box, calendar_id, event_id, each) for each in occurrences]


def _occurrence_row(
    box: Box, calendar_id: UUID, event_id: UUID, each: Occurrence
) -> tuple[Any, ...]:
    row_id = uuid7()
    details = json.dumps(
        {
            "title": each.title,
            "location": each.location,
            "attendees": each.attendees,
            "zone": each.zone,
        },
        ensure_ascii=False,
    )
    return (
        row_id,
        calendar_id,
        event_id,
        each.starts_at,
        each.ends_at,
        each.start_on,
        each.end_on,
        each.is_all_day,
        each.is_busy,
        each.is_transparent,
        each.is_private,
        each.status,
        each.sequence,
        box.seal("calendar_occurrences", "details", row_id, details),
    )


def open_component(box: Box, row: Row) -> str:
    """Return the iCalendar text of an event's row."""
    return box.open("calendar_events", "component", row["id"], row["component"])


def open_details(box: Box, row: Row) -> Details:
    """Return the encrypted part of an occurrence's row."""
    text = box.open_if("calendar_occurrences", "details", row["id"], row["details"])
    found = json.loads(text) if text else {}
    return Details(
        title=found.get("title", ""),
        location=found.get("location", ""),
        attendees=tuple(found.get("attendees", ())),
        zone=found.get("zone"),
    )
