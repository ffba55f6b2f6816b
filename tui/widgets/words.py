"""Instants, spans and sizes in few cells."""

from datetime import UTC, datetime, time, timedelta


def span(seconds: float) -> str:
    """Return a length of time in its largest unit: 42 s, 7 min, 3 h, 12 d."""
    whole = int(abs(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 2 * 86400:
        return f"{whole // 3600} h"
    return f"{whole // 86400} d"


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago `at` was, to the minute; or how far it is: `in 3 h`."""
    seconds = (now - at).total_seconds()
    if seconds < 0:
        return f"in {span(seconds)}"
    return "just now" if seconds < 60 else f"{span(seconds)} ago"


def instant(at: datetime | None, now: datetime) -> str:
    """Return an instant in UTC and how long ago it was; a dash for none."""
    return f"{at:%Y-%m-%d %H:%M:%S} ({ago(at, now)})" if at is not None else "–"


def short_id(text: str) -> str:
    """Return the end of a UUID, anything else as it is.

    Ids of one time begin alike; their ends tell them apart.
    """
    return f"…{text[-7:]}" if len(text) == 36 else text


def size(count: float) -> str:
    """Return a number of bytes with its unit of 1024: 1.5 MB."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TB"


def read_instant(text: str, now: datetime) -> datetime:
    """Read `2026-03-02T08:30`, `2026-03-02`, or `08:30` for the last time that it was so; in UTC.

    Raises:
        ValueError: it is none of them.
    """
    try:
        clock = time.fromisoformat(text) if ":" in text and "-" not in text else None
        found = datetime.combine(now, clock) if clock else datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text}? A time is 08:30 or 2026-03-02T08:30, in UTC.") from None
    found = found.replace(tzinfo=found.tzinfo or UTC)
    return found - timedelta(days=1) if clock and found > now else found
