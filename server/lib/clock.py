"""The one place that reads the clock; everything below a route or job takes `now`."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones


def utc_now() -> datetime:
    """Return the current instant, aware UTC."""
    return datetime.now(UTC)


def is_zone(name: str) -> bool:
    """Say whether `name` is an IANA zone this machine (or the tzdata package) knows."""
    return name in _zones()


def known_zone(name: str | None) -> ZoneInfo | None:
    """Return the zone, or None for one that this machine's tzdata does not know (any more)."""
    return ZoneInfo(name) if name and is_zone(name) else None


def zone(name: str) -> ZoneInfo:
    """Return the zone `name`; callers have checked it with `is_zone`."""
    return ZoneInfo(name)


_known: set[str] = set()


def _zones() -> set[str]:
    if not _known:
        _known.update(available_timezones())
    return _known
