"""Suggestions as an iCalendar file (RFC 5545, 7986); pure: same rows, same bytes.

What clients make of such a file, and why it has what it has: ADR 0014.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration

from server.lib.clock import is_zone
from server.suggestions.days import local_day
from server.suggestions.reasons import Reason
from server.suggestions.sentences import sentences
from server.suggestions.slots import Way

NAME = "CatchUp"
REFRESH = timedelta(hours=1)
_PRODUCT = "-//CatchUp//Feed//EN"
_VERBS = {Way.CALL: "Call", Way.IN_PERSON: "Meet"}
_HIDDEN = "Catch up"

Row = Mapping[str, Any]


def calendar_of(rows: Iterable[Row], *, hides_names: bool, zone: str) -> bytes:
    """Return the file of rows of `queries.list_planned`; `zone` is the reader's."""
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("NAME", NAME)
    calendar.add("X-WR-CALNAME", NAME)
    calendar.add("REFRESH-INTERVAL", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", vDuration(REFRESH))
    home = ZoneInfo(zone if is_zone(zone) else "UTC")
    for row in rows:
        calendar.add_component(_event(row, hides_names=hides_names, home=home))
    return bytes(calendar.to_ical())


def changed_at(row: Row, *, hides_names: bool) -> datetime:
    """Return when an event last became another: to the second, as iCalendar has it."""
    at: datetime = row["updated_at"]
    if not hides_names:  # a name or nickname may be new
        at = max(at, row["contacts_updated_at"])
    return at.astimezone(UTC).replace(microsecond=0)


def _event(row: Row, *, hides_names: bool, home: ZoneInfo) -> Event:
    is_pending = row["state"] == "pending"
    changed = changed_at(row, hides_names=hides_names)
    event = Event()
    event.add("UID", f"{row['id']}@catchup")
    event.add("DTSTAMP", changed)
    event.add("CREATED", row["created_at"].astimezone(UTC))
    event.add("LAST-MODIFIED", changed)
    event.add("SEQUENCE", row["sequence"])
    event.add("DTSTART", row["slot_start"].astimezone(UTC))
    event.add("DTEND", row["slot_end"].astimezone(UTC))
    event.add("SUMMARY", _title(row, hides_names) + ("?" if is_pending else ""))
    if not hides_names:
        event.add("DESCRIPTION", _description(row, home))
    event.add("STATUS", "TENTATIVE" if is_pending else "CONFIRMED")
    # What is only suggested does not make its reader busy for others.
    event.add("TRANSP", "TRANSPARENT" if is_pending else "OPAQUE")
    return event


def _title(row: Row, hides_names: bool) -> str:
    if hides_names:
        return _HIDDEN
    names = ", ".join(contact["name"] for contact in row["contacts"])
    return f"{_VERBS[Way(row['way'])]} {names}"


def _description(row: Row, home: ZoneInfo) -> str:
    """Say why, as it will be true on the day of the event: it need not change before."""
    first = row["contacts"][0]
    reasons = [Reason.from_json(stored) for stored in row["reasons"]]
    day = local_day(row["slot_start"], home)
    return "\n".join(sentences(reasons, first["nickname"] or first["name"], day))
