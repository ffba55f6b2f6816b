"""One VEVENT read by icalendar, its times in the zones that its calendar means."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, cast

from icalendar import Event
from icalendar.prop import vDDDLists, vDDDTypes

from server.calendars.ics_errors import ICALENDAR_ERRORS, EventProblem
from server.calendars.ics_guard import MAX_DATES, MAX_RULES, rules_of
from server.calendars.ics_lines import ContentLine
from server.calendars.ics_moments import (
    Moment,
    Period,
    end_of,
    length_of,
    moment_of,
)
from server.calendars.ics_scan import Block
from server.calendars.ics_zones import Zones

EARLIEST_YEAR, LATEST_YEAR = 1500, 2199
"""Some phones write birthdays without a year as 1604."""

_MOMENTS = {"DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"}
_ONCE = {"DTSTART", "DTEND", "RECURRENCE-ID", "DURATION", "UID", "SEQUENCE", "STATUS", "TRANSP"}
_ONCE |= {"CLASS", "SUMMARY", "LOCATION", "DESCRIPTION", "X-MICROSOFT-CDO-BUSYSTATUS"}
_NEEDED = _ONCE | _MOMENTS | {"RRULE", "ATTENDEE"}
_DECISIVE = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """A VEVENT; `remark` is a code and a sentence about what had to be guessed."""

    event: Event
    block: Block
    remark: tuple[str, str] | None = None


@dataclass(slots=True)
class _ZonedLines:
    """The lines as icalendar gets them, and the zones that it does not see."""

    lines: list[str] = field(default_factory=list)
    zones: dict[str, list[tzinfo | None]] = field(default_factory=dict)
    unknown: bool = False


def read_event(block: Block, zones: Zones, calendar_zone: tzinfo | None) -> ReadEvent:
    """Read one VEVENT; `calendar_zone` is the calendar's X-WR-TIMEZONE.

    As Google means it, times that are floating or UTC are then wall time of that zone.

    Raises:
        EventProblem: it cannot be read; the reason names the property.
    """
    if block.problem is not None:
        raise EventProblem(*block.problem)
    zoned = _without_zones(block.own, zones)
    text = "\r\n".join(("BEGIN:VEVENT", *zoned.lines, "END:VEVENT", ""))
    try:
        event = cast(Event, Event.from_ical(text))
        _refuse_broken(event, block)
        _put_zones_back(event, zoned, calendar_zone)
        _check_times(event, block)
    except ICALENDAR_ERRORS as error:
        raise EventProblem("unreadable", "The event cannot be read.") from error
    remark = block.remark[:2] if block.remark else None
    if zoned.unknown:
        remark = ("unknown_zone", "A TZID is unknown here; the time is read as local time.")
    return ReadEvent(event, block, remark)


def _without_zones(lines: list[ContentLine], zones: Zones) -> _ZonedLines:
    result = _ZonedLines()
    seen: set[str] = set()
    for line in lines:
        if line.name not in _NEEDED or (line.name in _ONCE and line.name in seen):
            continue
        seen.add(line.name)
        if line.name == "RRULE":
            if rule := _tidy_rule(line.moment_value()):
                result.lines.append(f"RRULE:{rule}")
            continue
        if line.name not in _MOMENTS:
            result.lines.append(line.text)
            continue
        if line.name in ("RDATE", "EXDATE") and not line.moment_value():
            continue
        tzid = line.moment_zone()
        zone = zones.find(tzid) if tzid else None
        result.unknown |= tzid is not None and zone is None
        result.zones.setdefault(line.name, []).append(zone)
        result.lines.append(line.with_zone(None))
    return result


def _tidy_rule(rule: str) -> str:
    """Return an RRULE without what some exporters put in and everybody reads over.

    Spaces after commas; COUNT=-1 for no end; a semicolon at the end; nothing at all.
    """
    parts = "".join(rule.split()).split(";")
    return ";".join(part for part in parts if part and not part.upper().startswith("COUNT=-"))


def _refuse_broken(event: Event, block: Block) -> None:
    for name, _ in event.errors:
        if name in _DECISIVE:
            code = "bad_rule" if name == "RRULE" else "bad_time"
            raise EventProblem(code, f"{name} is malformed.", _line_of(block, name))
        if name in event:
            del event[name]
    if "DTSTART" not in event:
        raise EventProblem("no_start", "DTSTART is missing.")


def _put_zones_back(event: Event, zoned: _ZonedLines, calendar_zone: tzinfo | None) -> None:
    for name, zones in zoned.zones.items():
        found: Any = event[name]
        if name not in ("RDATE", "EXDATE"):
            zone = zones[0] or calendar_zone
            value = vDDDTypes(cast(Any, _in_zone(found.dt, zone, calendar_zone)))
            if "RANGE" in found.params:
                value.params["RANGE"] = found.params["RANGE"]
            event[name] = value
            continue
        values = found if isinstance(found, list) else [found]
        moments = [
            _in_zone(each.dt, zone or calendar_zone, calendar_zone)
            for value, zone in zip(values, zones, strict=True)
            for each in value.dts
        ]
        if len(moments) > MAX_DATES:
            raise EventProblem("too_many_dates", f"{name} has more than {MAX_DATES} dates.")
        event[name] = vDDDLists(moments)


def _in_zone(value: Any, zone: tzinfo | None, calendar_zone: tzinfo | None) -> Moment | Period:
    if isinstance(value, tuple):
        start, end = value
        if isinstance(end, datetime):
            end = _datetime_in_zone(end, zone, calendar_zone)
        return _datetime_in_zone(start, zone, calendar_zone), end
    if isinstance(value, datetime):
        return _datetime_in_zone(value, zone, calendar_zone)
    if not isinstance(value, date):
        raise EventProblem("bad_time", "A duration or time of day stands where a date must.")
    return value


def _datetime_in_zone(
    value: datetime, zone: tzinfo | None, calendar_zone: tzinfo | None
) -> datetime:
    if value.tzinfo is None:
        return value.replace(tzinfo=zone)
    return value.astimezone(calendar_zone) if calendar_zone is not None else value


def _check_times(event: Event, block: Block) -> None:
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID"):
        if name in event and not EARLIEST_YEAR <= moment_of(event, name).year <= LATEST_YEAR:
            reason = f"{name} lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}."
            raise EventProblem("absurd_date", reason, _line_of(block, name))
    # A DTEND before its DTSTART is read as swapped, as recurring-ical-events does.
    end, length = end_of(event), length_of(event)
    if length is not None and length < timedelta():
        reason = "DURATION ends the event before its start."
        raise EventProblem("ends_before_start", reason, _line_of(block, "DURATION"))
    if end.year > LATEST_YEAR + 1:
        raise EventProblem("absurd_date", "DURATION is longer than any event.")
    if len(rules_of(event)) > MAX_RULES:
        raise EventProblem("bad_rule", f"There are more than {MAX_RULES} RRULEs.")


def _line_of(block: Block, name: str) -> int | None:
    line = block.first(name)
    return line.number if line else None
