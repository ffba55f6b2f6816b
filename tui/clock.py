"""The one place of the dashboard that reads the clock; all else is given it."""

from datetime import UTC, datetime
from time import monotonic

__all__ = ["monotonic", "utc_now"]


def utc_now() -> datetime:
    """Return the current instant, aware UTC."""
    return datetime.now(UTC)
