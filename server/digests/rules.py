"""When a digest is due, and what is worth saying when; pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from server.lib.clock import known_zone

LATE = timedelta(hours=12)
"""A digest that could not be written for this long is left out: it would come in the night."""
FAR = timedelta(days=9)
"""No weekly digest is further away, whatever the zones; else a clock was wrong."""
AHEAD = timedelta(hours=1)
"""What is recorded so much later than now is a wrong clock's: workers' clocks differ by less."""
MOST_MISSED = timedelta(days=56)
"""After an absence, this much of what was missed is recorded, occurrence by occurrence."""
TOLD_AGAIN_AFTER = timedelta(days=1)
"""A digest of nothing but what was told more lately than this would be a repetition."""
MARGIN = timedelta(hours=2)
"""A time so soon after the next digest leaves nobody the time to answer."""

AT_ONCE = ("shared_activity",)
"""Triggers of suggestions that have a message of their own: others' plans do not wait for ours."""
BEFORE_DIGEST = ("important_date",)
"""Those that have one only when the digest would come too late for them."""

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Rule:
    """Every week on `weekday` (0 = Monday) at the wall time `clock` of `zone`."""

    weekday: int
    clock: time
    zone: ZoneInfo

    @classmethod
    def read(cls, text: str) -> "Rule":
        """Read `6 09:00 Europe/Berlin`; a zone that this machine does not know counts as UTC."""
        weekday, clock, zone = text.split(" ", 2)
        return cls(int(weekday), time.fromisoformat(clock), known_zone(zone) or _UTC)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One digest to be: its date on the user's calendar, which it has once, and its instant."""

    on: date
    at: datetime


def occurrence(rule: Rule, on: date) -> Occurrence:
    """Return the occurrence of a local date.

    A wall time that the clocks leap over moves forward by as much as they do; one that comes
    twice is the first.
    """
    # fold=0 reads a time in a gap with the offset before it, and the first of two.
    wall = datetime.combine(on, rule.clock, rule.zone)
    return Occurrence(on, wall.astimezone(UTC))


def first_after(rule: Rule, now: datetime) -> Occurrence:
    """Return the first occurrence later than `now`."""
    # From yesterday: where the clocks skip a whole day, its occurrence falls on the next one.
    found = _on_or_after(rule, now.astimezone(rule.zone).date() - timedelta(days=1))
    while found.at <= now:
        found = occurrence(rule, found.on + timedelta(weeks=1))
    return found


def following(rule: Rule, settled: date, now: datetime) -> Occurrence:
    """Return the first occurrence of a date after `settled`: also one that was missed.

    Of a longer absence than MOST_MISSED only the end is looked at.
    """
    oldest = (now - MOST_MISSED).astimezone(rule.zone).date()
    return _on_or_after(rule, max(settled + timedelta(days=1), oldest))


def moved(rule: Rule, kept: Occurrence | None, now: datetime) -> Occurrence:
    """Return the next occurrence by a rule that is new, or not the one that `kept` came from.

    With the same weekday its date stays, so that neither a journey nor an earlier hour loses a
    digest: it may be due by now. Another weekday begins with the first one ahead.
    """
    if kept is not None and kept.at <= now + FAR and kept.on.weekday() == rule.weekday:
        return occurrence(rule, kept.on)
    return first_after(rule, now)


def is_too_late(due_at: datetime, now: datetime) -> bool:
    """Say whether a digest that nobody wrote in time is better left out."""
    return now - due_at > LATE


def is_repetition(told_at: list[datetime | None], now: datetime) -> bool:
    """Say whether a digest of these (when each was last told, or None) would say nothing new."""
    # What was told long after now, a wrong clock told.
    return all(at is not None and -AHEAD < now - at < TOLD_AGAIN_AFTER for at in told_at)


def _on_or_after(rule: Rule, on: date) -> Occurrence:
    return occurrence(rule, on + timedelta(days=(rule.weekday - on.weekday()) % 7))
