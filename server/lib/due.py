"""When a contact comes due: the one rule, by civil days in the user's zone.

Two ways to ask it: for one contact by `due_on`, and for a statement over many by `due_before`.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.lib.cadence import MAX_CADENCE_DAYS


def due_on(
    cadence_days: int | None, last_at: datetime | None, added_at: datetime, zone: ZoneInfo
) -> date | None:
    """Return the first day on which a contact is due; None without a cadence.

    A contact never talked to (`last_at` None) is due on the day it was added.
    """
    if cadence_days is None:
        return None
    if last_at is None:
        return added_at.astimezone(zone).date()
    return last_at.astimezone(zone).date() + timedelta(days=cadence_days)


def due_before(now: datetime, zone: ZoneInfo) -> Sequence[int]:
    """Return for each cadence from 1 to MAX_CADENCE_DAYS days (in that order) a second since 1970.

    A contact of that cadence is due now when its last talk was before it. Worked out here and
    not by PostgreSQL: its time zones are of another edition than Python's, and may lack one.
    Numbers, because three thousand of them cost nothing to send.
    """
    return _due_before(now.astimezone(zone).date(), zone)


@lru_cache(maxsize=64)
def _due_before(today: date, zone: ZoneInfo) -> tuple[int, ...]:
    midnight = datetime.combine(today, time(), zone)
    # Within one zone arithmetic is that of wall clocks: midnight stays midnight. Where it comes
    # twice the first is meant; where it is skipped, this gives the instant of the gap.
    return tuple(
        int((midnight - timedelta(days=days - 1)).timestamp())
        for days in range(1, MAX_CADENCE_DAYS + 1)
    )
