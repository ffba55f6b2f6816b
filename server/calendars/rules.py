"""When a user is free: availability without events, commute and night, across DST."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.lib.availability import DAY_END, Availability, Week, Window
from server.lib.interval_sets import clip, subtract
from server.lib.intervals import Interval

_DAY = timedelta(days=1)
# People agree on quarters of an hour.
_ALIGN = timedelta(minutes=15)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def free_intervals(
    availability: Availability,
    zone: ZoneInfo,
    busy: Iterable[Interval],
    start: datetime,
    end: datetime,
) -> list[Interval]:
    """Return the user's free time in [start, end), each at least the minimum slot long.

    Args:
        availability: in wall time of `zone`.
        zone: the user's.
        busy: what the calendars take, as aware UTC.
        start: aware UTC.
        end: aware UTC.
    """
    if end <= start:
        return []
    days = _days(start, end, zone)
    open_time = (
        _interval_of(day, window, zone, inside=True)
        for day in days
        for window in _of_day(availability.windows, day)
    )
    closed = [
        _interval_of(day, window, zone, inside=False)
        for day in days
        for window in _closed_windows(availability, day)
    ]
    taken = [*busy, *(each for each in closed if each)]
    free = subtract(clip((each for each in open_time if each), start, end), taken)
    return [each for each in free if each.minutes >= availability.minimum_slot_minutes]


def slots(free: Iterable[Interval], minutes: int) -> list[Interval]:
    """Cut free time into slots of exactly `minutes`, one after the other.

    A span's first slot starts on the quarter of an hour, if one fits from there.
    """
    length = timedelta(minutes=minutes)
    found = []
    for span in free:
        past = (span.start - _EPOCH) % _ALIGN
        start = span.start + (_ALIGN - past) if past else span.start
        if start + length > span.end:
            start = span.start
        while start + length <= span.end:
            found.append(Interval(start, start + length))
            start += length
    return found


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """Return the local days that the span touches, and the one before, whose night reaches in."""
    first = start.astimezone(zone).date() - _DAY
    last = end.astimezone(zone).date()
    return [first + _DAY * number for number in range((last - first).days + 1)]


def _of_day(week: Week, day: date) -> tuple[Window, ...]:
    return week[day.weekday()]


def _closed_windows(availability: Availability, day: date) -> Iterator[Window]:
    yield from _of_day(availability.commute, day)
    if availability.night is not None:
        start, end = availability.night
        yield start, end if start < end else end + DAY_END


def _interval_of(day: date, window: Window, zone: ZoneInfo, *, inside: bool) -> Interval | None:
    """Return a window of a local day; None where the clocks skip it.

    In the hour that comes twice, open time (`inside`) takes the shorter reading, closed time
    the longer one, so that nobody is ever asked outside their windows.
    """
    start = instant_of(day, window[0], zone, late=inside)
    end = instant_of(day, window[1], zone, late=not inside)
    return Interval(start, end) if start < end else None


def instant_of(day: date, minute: int, zone: ZoneInfo, *, late: bool) -> datetime:
    """Return when a local clock shows `minute` (after midnight; DAY_END and more: next day).

    Of a time that comes twice `late` takes the second; one that is skipped is the moment of
    the change itself.
    """
    local = datetime.combine(day + _DAY * (minute // DAY_END), time(), zone)
    local = local.replace(hour=minute % DAY_END // 60, minute=minute % 60, fold=int(late))
    at = local.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return at
    return _change_between(local.replace(fold=1), local.replace(fold=0), zone)


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of the zone's change of offset between two instants."""
    low, high = early.astimezone(UTC), late.astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
