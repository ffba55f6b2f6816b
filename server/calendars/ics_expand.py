"""A series' instances in a span: recurring-ical-events expands, this tells what each one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from icalendar.prop import vText
from recurring_ical_events import CalendarQuery

from server.calendars.ics_errors import ICALENDAR_ERRORS, EventProblem
from server.calendars.ics_event import ReadEvent, read_event
from server.calendars.ics_guard import Budget, bound_rules, leave_out_start, rules_of
from server.calendars.ics_lines import unescape
from server.calendars.ics_moments import (
    Moment,
    after,
    as_day,
    as_instant,
    end_of,
    length_of,
    moment_of,
    rdates_of,
    texts_of,
)
from server.calendars.ics_scan import Scan, scan
from server.calendars.ics_zones import Zones, named_zone
from server.lib.intervals import Interval

MAX_TITLE = 1_000
MAX_ATTENDEES = 200
_LENGTH = "X-CATCHUP-LENGTH"
_MARGIN = timedelta(days=2)  # floating times are compared as if they were UTC
_STATUS = {"TENTATIVE": "tentative", "CANCELLED": "cancelled"}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One instance; times are aware UTC, `start_on` and `end_on` (exclusive) only all-day.

    `zone` is the zone that its start is written in, None for floating and all-day ones.
    """

    starts_at: datetime
    ends_at: datetime
    start_on: date | None
    end_on: date | None
    status: str
    is_busy: bool
    is_transparent: bool
    is_private: bool
    sequence: int
    zone: str | None
    title: str
    location: str
    description: str
    attendees: tuple[str, ...]

    @property
    def is_all_day(self) -> bool:
        """Whether it has dates instead of times."""
        return self.start_on is not None


@dataclass(frozen=True, slots=True)
class Span:
    """From the first start to the last end of a series; None where it has no end."""

    first_start: datetime
    last_end: datetime | None

    def touches(self, span: Interval) -> bool:
        """Say whether an instance may lie in `span`."""
        begins = self.first_start < span.end
        return begins and (self.last_end is None or span.start <= self.last_end)


def read_events(found: Scan) -> list[ReadEvent]:
    """Read all events of a scanned text that holds a single, well-formed series.

    Raises:
        EventProblem: one of them cannot be read.
    """
    zones, calendar_zone = zones_of(found, 0)
    return [read_event(block, zones, calendar_zone) for block in found.events]


def zones_of(found: Scan, calendar: int) -> tuple[Zones, tzinfo | None]:
    """Return the zones of one VCALENDAR in a file, and its X-WR-TIMEZONE."""
    texts = {
        tzid: block.text()
        for (place, tzid), block in found.definitions.items()
        if place == calendar
    }
    stated = found.headers[calendar].get("X-WR-TIMEZONE")
    return Zones(texts), named_zone(stated) if stated else None


def expand(
    series_text: str, start: datetime, end: datetime, floating_zone: ZoneInfo
) -> list[Occurrence]:
    """Return the instances of a stored series that touch [start, end), first to last.

    Instances without length belong to the span in which they start. Floating and all-day times
    are read in `floating_zone`.

    Raises:
        EventProblem: the series repeats too often to be followed as far as `end`.
    """
    events = [read.event for read in read_events(scan(series_text.encode()))]
    return instances(events, Interval(start, end), floating_zone, Budget())


def instances(
    events: Sequence[Event], span: Interval, floating_zone: tzinfo, budget: Budget
) -> list[Occurrence]:
    """As `expand`, for the events of one series; their RRULEs are cut to the span.

    Raises:
        EventProblem: `bad_rule`, `too_dense`, `unreadable`.
    """
    reach = max((_moved_by(event) for event in events), default=timedelta(0))
    calendar = Calendar()
    for event in events:
        _keep_length(event)
        leave_out_start(event, budget)
        budget.spend(bound_rules(event, span.end + _MARGIN + reach))
        calendar.add_component(event)
    try:
        found = CalendarQuery(calendar).between(span.start - _MARGIN, span.end + _MARGIN)
        made = [_occurrence(instance, floating_zone) for instance in found]
    except ICALENDAR_ERRORS as error:
        raise EventProblem("unreadable", "The event's dates contradict each other.") from error
    return sorted((each for each in made if _touches(each, span)), key=lambda each: each.starts_at)


def span_of(events: Sequence[Event], floating_zone: tzinfo) -> Span:
    """Return a span in which every instance of the series lies; wider where that is cheaper.

    Raises:
        EventProblem: `absurd_date`: it has no such span.
    """
    try:
        return _span_of(events, floating_zone)
    except ICALENDAR_ERRORS as error:
        raise EventProblem("absurd_date", "The event's dates are absurd.") from error


def _span_of(events: Sequence[Event], floating_zone: tzinfo) -> Span:
    starts = [as_instant(moment_of(event, "DTSTART"), floating_zone) for event in events]
    ends = [as_instant(end_of(event), floating_zone) for event in events]
    longest = max(end - start for start, end in zip(starts, ends, strict=True))
    for event in events:
        for value in rdates_of(event):
            period = value if isinstance(value, tuple) else (value, longest)
            start = as_instant(period[0], floating_zone)
            length = period[1]
            starts.append(start)
            if isinstance(length, datetime):
                length = as_instant(length, floating_zone) - start
            ends.append(start + max(length, longest))
    moved = max(_moved_by(event) for event in events) + timedelta(days=1)
    first_start, last_end = min(starts) - moved, _last_rule_end(events, floating_zone)
    if last_end is not None:
        last_end = max([*ends, last_end + longest]) + moved
    return Span(first_start, last_end)


def _last_rule_end(events: Sequence[Event], floating_zone: tzinfo) -> datetime | None:
    """Return when the last RRULE ends, None when one has no UNTIL (a COUNT is not followed)."""
    last = min(as_instant(moment_of(event, "DTSTART"), floating_zone) for event in events)
    for event in events:
        for rule in rules_of(event):
            if "UNTIL" not in rule:
                return None
            last = max(last, as_instant(rule["UNTIL"][0], floating_zone) + timedelta(days=1))
    return last


def _moved_by(event: Event) -> timedelta:
    """Return how far an override lies from the instance that it replaces."""
    if "RECURRENCE-ID" not in event:
        return timedelta(0)
    replaced = as_instant(moment_of(event, "RECURRENCE-ID"), UTC)
    return abs(as_instant(moment_of(event, "DTSTART"), UTC) - replaced) + timedelta(days=1)


def _touches(each: Occurrence, span: Interval) -> bool:
    if each.starts_at == each.ends_at:
        return span.start <= each.starts_at < span.end
    return each.starts_at < span.end and span.start < each.ends_at


def _keep_length(event: Event) -> None:
    """Remember a DURATION: the library turns it into a DTEND on the wall clock."""
    length = length_of(event)
    event.pop(_LENGTH, None)
    if length is not None:
        event[_LENGTH] = vText(f"{length.days} {length.seconds}")


def _end(event: Event, start: Moment) -> Moment:
    end, kept = moment_of(event, "DTEND"), event.get(_LENGTH)
    if kept is None or not isinstance(start, datetime) or not isinstance(end, datetime):
        return end
    days, seconds = map(int, str(kept).split())
    length = timedelta(days=days, seconds=seconds)
    # Another length comes from the PERIOD of an RDATE.
    on_the_wall = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    return after(start, length) if on_the_wall == length else end


def _occurrence(event: Event, floating_zone: tzinfo) -> Occurrence:
    start = moment_of(event, "DTSTART")
    end = _end(event, start)
    all_day = not isinstance(start, datetime) and not isinstance(end, datetime)
    if all_day and end <= start:
        end = start + timedelta(days=1)
    status = _STATUS.get(_word(event, "STATUS"), "confirmed")
    transparent = _word(event, "TRANSP") == "TRANSPARENT"
    free = _word(event, "X-MICROSOFT-CDO-BUSYSTATUS") == "FREE"
    starts_at = as_instant(start, floating_zone)
    return Occurrence(
        starts_at=starts_at,
        ends_at=max(starts_at, as_instant(end, floating_zone)),
        start_on=as_day(start) if all_day else None,
        end_on=as_day(end) if all_day else None,
        status=status,
        is_busy=status != "cancelled" and not transparent and not free,
        is_transparent=transparent or free,
        is_private=_word(event, "CLASS") in ("PRIVATE", "CONFIDENTIAL"),
        sequence=_sequence(event),
        zone=getattr(start.tzinfo, "key", None) if isinstance(start, datetime) else None,
        title=_text(event, "SUMMARY"),
        location=_text(event, "LOCATION"),
        description=_text(event, "DESCRIPTION"),
        attendees=_attendees(event),
    )


def _sequence(event: Event) -> int:
    stated: Any = event.get("SEQUENCE", 0)
    return min(max(int(stated), 0), 2**31 - 1)


def _word(event: Event, name: str) -> str:
    return str(event.get(name, "")).strip().upper()


def _text(event: Event, name: str) -> str:
    return unescape(str(event.get(name, "")))[:MAX_TITLE]


def _attendees(event: Event) -> tuple[str, ...]:
    addresses = islice(texts_of(event, "ATTENDEE"), MAX_ATTENDEES)
    return tuple(
        address[7:].strip().lower() for address in addresses if address[:7].lower() == "mailto:"
    )
