"""What of a user's events takes their time."""

from collections.abc import Iterable

from server.calendars.ics_expand import Occurrence
from server.lib.interval_sets import merge
from server.lib.intervals import Interval


def busy_of(
    occurrences: Iterable[Occurrence], *, all_day_blocks: bool, transparent_blocks: bool
) -> list[Interval]:
    """Return the time that these occurrences take, merged, as RFC 5545 counts it.

    A tentative event takes its time, a cancelled one and one without length none; all-day and
    transparent ones do as the user says.
    """
    return merge(
        Interval(each.starts_at, each.ends_at)
        for each in occurrences
        if each.starts_at < each.ends_at
        and each.status != "cancelled"
        and (all_day_blocks or not each.is_all_day)
        and (transparent_blocks or not each.is_transparent)
    )
