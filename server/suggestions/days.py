"""Calendar days: an instant's day somewhere, a date that comes back each year."""

from calendar import monthrange
from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Return the date on a wall calendar in `zone` at the instant `at`."""
    return at.astimezone(zone).date()


def next_occurrence(month: int, day: int, year: int | None, today: date) -> date:
    """Return the first return of a yearly date on or after `today`, never before its `year`.

    29 February falls on the 28th in other years: still its month, and nobody is late.
    """
    first = max(today.year, year or 0)
    on = _in_year(first, month, day)
    return on if on >= today else _in_year(first + 1, month, day)


def _in_year(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
