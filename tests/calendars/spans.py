"""Expanding test calendars over a month or year."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from server.calendars.ics_read import ParsedCalendar, read_calendar
from server.lib.intervals import Interval
from tests.calendars.texts import calendar

YEAR = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def read(*parts: str, head: tuple[str, ...] = (), zone: str = "Europe/Berlin") -> ParsedCalendar:
    """Read a calendar of these components, expanded over 2026."""
    text = calendar(*parts, head=head).encode()
    return read_calendar(text, YEAR, floating_zone=ZoneInfo(zone))


def starts(*parts: str, head: tuple[str, ...] = (), zone: str = "Europe/Berlin") -> list[str]:
    """Return the starts of all instances in 2026, as UTC."""
    parsed = read(*parts, head=head, zone=zone)
    assert parsed.bad == []
    found = [each.starts_at for series in parsed.series for each in series.occurrences]
    return [f"{at:%m-%dT%H:%M}" for at in sorted(found)]
