"""One VEVENT read by icalendar, its times in the zones that its calendar means."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from icalendar import Event
from icalendar.prop import vDDDLists, vDDDTypes

from server.calendars.ics_errors import ICALENDAR_ERRORS, EventProblem
from server.calendars.ics_guard import MAX_DATES, MAX_RULES
from server.calendars.ics_lines import ContentLine
from server.calendars.ics_scan import Block
from server.calendars.ics_zones import Zones

EARLIEST_YEAR, LATEST_YEAR = 1500, 2199
"""Some phones write birthdays without a year as 1604."""

_MOMENTS = {"DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"}
_ONCE = {"DTSTART", "DTEND", "RECURRENCE-ID", "DURATION", "UID", "SEQUENCE", "STATUS", "TRANSP"}
_ONCE |= {"CLASS", "SUMMARY", "LOCATION", "DESCRIPTION", "X-MICROSOFT-CDO-BUSYSTATUS"}
_NEEDED = _ONCE | _MOMENTS | {"RRULE", "ATTENDEE"}
_DECISIVE = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")

Moment = date | datetime
Period = tuple[datetime, datetime | timedelta]


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
        event = Event.from_ical(text)
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
        if line.name not in _MOMENTS:
            result.lines.append(line.text)
            continue
        tzid = line.moment_zone()
        zone = zones.find(tzid) if tzid else None
        result.unknown |= tzid is not None and zone is None
        result.zones.setdefault(line.name, []).append(zone)
        result.lines.append(line.with_zone(None))
    return result


def _refuse_broken(event: Event, block: Block) -> None:
    for name, _ in event.errors:
        if name in _DECISIVE:
            line = block.first(name)
            code = "bad_rule" if name == "RRULE" else "bad_time"
            raise EventProblem(code, f"{name} is malformed.", line.number if line else None)
        if name in event:
            del event[name]
    if "DTSTART" not in event:
        raise EventProblem("no_start", "DTSTART is missing.")


def _put_zones_back(event: Event, zoned: _ZonedLines, calendar_zone: tzinfo | None) -> None:
    for name, found in zoned.zones.items():
        if name in ("RDATE", "EXDATE"):
            values = event[name] if isinstance(event[name], list) else [event[name]]
            moments = [
                _in_zone(each.dt, zone or calendar_zone, calendar_zone)
                for value, zone in zip(values, found, strict=True)
                for each in value.dts
            ]
            if len(moments) > MAX_DATES:
                raise EventProblem("too_many_dates", f"{name} has more than {MAX_DATES} dates.")
            event[name] = vDDDLists(moments)
        else:
            params = event[name].params
            value = vDDDTypes(_in_zone(event[name].dt, found[0] or calendar_zone, calendar_zone))
            value.params.update({key: params[key] for key in params if key == "RANGE"})
            event[name] = value


def _in_zone(
    value: Moment | Period | timedelta, zone: tzinfo | None, calendar_zone: tzinfo | None
) -> Moment | Period:
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
        value = event.get(name)
        if value is not None and not EARLIEST_YEAR <= value.dt.year <= LATEST_YEAR:
            line = block.first(name)
            reason = f"{name} lies outside the years {EARLIEST_YEAR} to {LATEST_YEAR}."
            raise EventProblem("absurd_date", reason, line.number if line else None)
    start, end, duration = event["DTSTART"].dt, event.get("DTEND"), event.get("DURATION")
    backwards = end is not None and as_instant(end.dt, UTC) < as_instant(start, UTC)
    if end is not None and type(end.dt) is not type(start):
        backwards = as_day(end.dt) < as_day(start)
    if backwards:
        line = block.first("DTEND")
        raise EventProblem("ends_before_start", "DTEND lies before DTSTART.", line and line.number)
    if duration is not None and end is None:
        if not isinstance(duration.dt, timedelta) or duration.dt < timedelta(0):
            raise EventProblem("bad_time", "DURATION must not be negative.")
        if start.year + duration.dt.days // 365 > LATEST_YEAR:
            raise EventProblem("absurd_date", "DURATION is longer than any event.")
    rules = event.get("RRULE", [])
    if isinstance(rules, list) and len(rules) > MAX_RULES:
        raise EventProblem("bad_rule", f"There are more than {MAX_RULES} RRULEs.")


def as_instant(moment: Moment, floating_zone: tzinfo) -> datetime:
    """Return a date (its midnight) or time as an instant in UTC."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - zone follows
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=floating_zone)
    return moment.astimezone(UTC)


def as_day(moment: Moment) -> date:
    """Return the day of a date or time on its own clock."""
    return moment.date() if isinstance(moment, datetime) else moment


def values_of(event: Event, name: str) -> Iterator[str]:
    """Yield the texts of a property that may stand several times."""
    found = event.get(name, [])
    for value in found if isinstance(found, list) else [found]:
        yield str(value)
