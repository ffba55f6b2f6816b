"""The span of a request: `from` and `to` as instants or dates."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from server.calendars.rules import instant_of
from server.calendars.schemas import MAX_SPAN_DAYS
from server.errors import BadInput, FieldError
from server.lib.fields import EARLIEST, LATEST
from server.lib.intervals import Interval


def span_of_request(start: str | None, end: str | None, zone: ZoneInfo) -> Interval:
    """Read `from` and `to`; a date is its midnight in `zone`.

    Raises:
        BadInput: one is missing or malformed, or the span is empty or too long.
    """
    first, last = _instant("from", start, zone), _instant("to", end, zone)
    if last <= first:
        raise _bad("to", "empty", "must lie after from")
    # A day of 25 hours may be among them.
    if last - first > timedelta(days=MAX_SPAN_DAYS, hours=2):
        raise _bad("to", "too_long", f"must lie at most {MAX_SPAN_DAYS} days after from")
    return Interval(first, last)


def _instant(field: str, text: str | None, zone: ZoneInfo) -> datetime:
    if text is None:
        raise _bad(field, "missing", "is missing")
    try:
        at = _read(text.strip().replace(" ", "+"), zone)
    except (ValueError, OverflowError):
        raise _bad(
            field, "malformed", "must be a date, or a time with offset (2026-03-02T18:00:00+01:00)"
        ) from None
    if not EARLIEST <= at < LATEST:
        raise _bad(field, "absurd_date", "must lie between the years 1900 and 2199")
    return at


def _read(text: str, zone: ZoneInfo) -> datetime:
    if len(text) == len("2026-03-02"):
        return instant_of(date.fromisoformat(text), 0, zone, late=False)
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no offset")
    return at.astimezone(UTC)


def _bad(field: str, code: str, message: str) -> BadInput:
    return BadInput(f"{field} {message}.", fields=[FieldError(field, code, message)])
