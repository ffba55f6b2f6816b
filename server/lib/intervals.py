"""Spans of time, half-open: the end itself is outside."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` up to, not including, `end`; both aware UTC. Sorts by start, then end.

    Raises:
        ValueError: a naive time, or an end that is not after the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("an interval needs aware times")
        if self.end <= self.start:
            raise ValueError("an interval ends after it starts")

    @property
    def minutes(self) -> int:
        """The length in whole minutes, rounded down."""
        return (self.end - self.start) // timedelta(minutes=1)

    def overlaps(self, other: "Interval") -> bool:
        """Say whether the two share an instant; touching ends do not."""
        return self.start < other.end and other.start < self.end
