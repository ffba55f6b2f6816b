"""Quiet hours: wall clock in the user's zone, right across changes of the clock."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def quiet_until(hours: Mapping[str, str] | None, zone: str, *, now: datetime) -> datetime | None:
    """Return when the quiet hours that `now` lies in end; None outside of them.

    `hours` is {start, end}, "HH:MM"; they may cross midnight. An end that the clock skips is the
    instant at which it has skipped it; of one that comes twice, the next.
    """
    if hours is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    start, end = time.fromisoformat(hours["start"]), time.fromisoformat(hours["end"])
    clock = local.time()
    if start < end:
        is_quiet, ends_on = start <= clock < end, local.date()
    else:
        is_quiet = clock >= start or clock < end
        ends_on = local.date() + timedelta(days=1) if clock >= start else local.date()
    if not is_quiet:
        return None
    return min(at for at in _instants(ends_on, end, ZoneInfo(zone)) if at > now)


def _instants(on: date, clock: time, zone: ZoneInfo) -> list[datetime]:
    """Return the instants at which a clock on the wall shows, or has just passed, a time."""
    early, late = (
        datetime.combine(on, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)
    )
    if early <= late:  # shown once, or twice
        return [early, late]
    # Skipped: read with the offset from before it lies after the jump, by as much as it is later
    # than the jump; read with the offset from after, as much before it.
    skipped = datetime.combine(on, clock).replace(tzinfo=UTC)
    for minutes in range(int((early - late) / timedelta(minutes=1)) + 1):
        at = late + timedelta(minutes=minutes)
        if at.astimezone(zone).replace(tzinfo=UTC, fold=0) >= skipped:
            return [at]
    return [early]
