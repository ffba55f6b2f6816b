"""How finely a span can be looked at; no I/O, no clock."""

from datetime import UTC, datetime, timedelta

SPAN_S = 10
"""What a process notes at once."""
KEPT = ((SPAN_S, timedelta(hours=3)), (60, timedelta(days=2)), (600, timedelta(days=7)))
"""Samples of so many seconds are kept so long; older ones are put together, then gone."""

SLACK = timedelta(minutes=5)
"""Who asks for the last two days means this, however long the question was under way."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def finest_s(since: datetime, *, now: datetime) -> int:
    """Return the seconds of the finest samples that are kept of all that came after `since`."""
    age = now - since - SLACK
    return next((span_s for span_s, kept in KEPT if age <= kept), KEPT[-1][0])


def step_s(since: datetime, until: datetime, *, wanted_s: int | None, most: int) -> int:
    """Return a step of whole samples that gives up to `most` of them for the span."""
    least = max(wanted_s or SPAN_S, (until - since).total_seconds() / most)
    return next((span_s for span_s in _STEPS if span_s >= least), _STEPS[-1])


_STEPS = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400)


def floor(at: datetime, seconds: float) -> datetime:
    """Return the last whole step at or before an instant."""
    past = (at - _EPOCH).total_seconds()
    return _EPOCH + timedelta(seconds=past - past % seconds)
