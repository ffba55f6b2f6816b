"""When a user has time for people, in wall time of their own zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_END = 24 * 60

Window = tuple[int, int]
"""Start and end in minutes after midnight; the end is at most DAY_END."""

Week = tuple[tuple[Window, ...], ...]
"""The windows of each day, Monday first."""

NO_WINDOWS: Week = ((),) * 7
_EVENING: tuple[Window, ...] = ((18 * 60, 21 * 60),)
_DAYTIME: tuple[Window, ...] = ((10 * 60, 20 * 60),)


@dataclass(frozen=True, slots=True)
class Availability:
    """Free time is `windows` without `commute` and `night`; the defaults hold until set.

    `night` may cross midnight: (22:00, 08:00) ends on the next day.
    """

    windows: Week = (_EVENING,) * 5 + (_DAYTIME,) * 2
    commute: Week = NO_WINDOWS
    night: Window | None = (22 * 60, 8 * 60)
    minimum_slot_minutes: int = 30
    horizon_days: int = 14
    all_day_blocks: bool = False
    transparent_blocks: bool = False


def availability_of(row: Mapping[str, Any] | None) -> Availability:
    """Return what a row of the table `availability` says; the defaults without one.

    `windows` and `commute` are stored by weekday as lists of {"start": "18:00", "end": "21:00"}.
    """
    if row is None:
        return Availability()
    night = row["night_start"] and (minutes_of(row["night_start"]), minutes_of(row["night_end"]))
    return Availability(
        windows=_week(row["windows"]),
        commute=_week(row["commute"]),
        night=night or None,
        minimum_slot_minutes=row["minimum_slot_minutes"],
        horizon_days=row["horizon_days"],
        all_day_blocks=row["all_day_blocks"],
        transparent_blocks=row["transparent_blocks"],
    )


def minutes_of(clock: str) -> int:
    """Return "18:30" as minutes after midnight; "24:00" is the end of the day."""
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _week(stored: Mapping[str, Any]) -> Week:
    return tuple(
        tuple((minutes_of(w["start"]), minutes_of(w["end"])) for w in stored.get(day, ()))
        for day in WEEKDAYS
    )
