"""Dates and times of icalendar's events, with their types told."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from icalendar import Event

Moment = date | datetime
Period = tuple[datetime, datetime | timedelta]


def moment_of(event: Event, name: str) -> Moment:
    """Return the date or time of a property that stands in `event`.

    Raises:
        ValueError: it holds something else.
    """
    prop: Any = event[name]
    if not isinstance(prop.dt, date):
        raise ValueError("no date")  # noqa: TRY004 - the value, not our caller, is wrong
    return prop.dt


def rdates_of(event: Event) -> list[Moment | Period]:
    """Return what RDATE adds."""
    prop: Any = event.get("RDATE")
    return [each.dt for each in prop.dts] if prop is not None else []


def texts_of(event: Event, name: str) -> Iterator[str]:
    """Yield the texts of a property that may stand several times."""
    prop: Any = event.get(name, [])
    for value in prop if isinstance(prop, list) else [prop]:
        yield str(value)


def length_of(event: Event) -> timedelta | None:
    """Return DURATION where there is no DTEND.

    Raises:
        ValueError: it is no duration.
    """
    if "DTEND" in event or "DURATION" not in event:
        return None
    prop: Any = event["DURATION"]
    if not isinstance(prop.dt, timedelta):
        raise ValueError("no duration")  # noqa: TRY004 - the value, not our caller, is wrong
    return prop.dt


def end_of(event: Event) -> Moment:
    """Return DTEND, or what stands for it: DTSTART and DURATION, a day, no time at all."""
    if "DTEND" in event:
        return moment_of(event, "DTEND")
    start, length = moment_of(event, "DTSTART"), length_of(event)
    if length is None:
        return start if isinstance(start, datetime) else start + timedelta(days=1)
    if not isinstance(start, datetime):
        start = _midnight(start)
    return after(start, length)


def after(start: datetime, length: timedelta) -> datetime:
    """Add a DURATION: days are the calendar's, hours are exact, across DST, too.

    Source: RFC 5545, 3.3.6. A floating start has no clock that changes.
    """
    if start.tzinfo is None:
        return start + length
    days = timedelta(days=length.days)
    return ((start + days).astimezone(UTC) + (length - days)).astimezone(start.tzinfo)


def as_instant(moment: Moment, floating_zone: tzinfo) -> datetime:
    """Return a date (its midnight) or time as an instant in UTC."""
    if not isinstance(moment, datetime):
        moment = _midnight(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=floating_zone)
    return moment.astimezone(UTC)


def as_day(moment: Moment) -> date:
    """Return the day of a date or time on its own clock."""
    return moment.date() if isinstance(moment, datetime) else moment


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - floating, its zone comes later
