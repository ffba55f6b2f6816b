"""What runs by itself, and when: the one table of schedules. A row keeps each one's heartbeat."""

from dataclasses import dataclass

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function's name, when it runs (cron, UTC) and how long it may go without success."""

    name: str
    cron: str
    interval_s: int


# The reconciler is the only one that SAQ's own cron starts; it starts all others.
RECONCILE = Schedule("reconcile", "* * * * *", 5 * _MINUTE_S)

SCHEDULES = (
    RECONCILE,
    # What has been anchored is what cannot be cut off unseen.
    Schedule("watch_audit", "* * * * *", 10 * _MINUTE_S),
    # A message is late after a quarter of an hour: none is that late unseen.
    Schedule("watch_messages", "* * * * *", 10 * _MINUTE_S),
    Schedule("close_suggestions", "*/10 * * * *", 30 * _MINUTE_S),
    # Each link says itself when it is due: every 30 minutes while all is well.
    Schedule("refresh_calendars", "*/5 * * * *", 30 * _MINUTE_S),
    # Each user has a time of their own: a row says which is next.
    Schedule("write_digests", "* * * * *", 10 * _MINUTE_S),
    Schedule("ask_confirmations", "*/5 * * * *", 30 * _MINUTE_S),
    Schedule("generate_suggestions", "0 */6 * * *", 7 * _HOUR_S),
    Schedule("expand_calendars", "30 1 * * *", 26 * _HOUR_S),
    Schedule("thin_samples", "50 * * * *", 3 * _HOUR_S),
    Schedule("erase_accounts", "20 * * * *", 3 * _HOUR_S),
    Schedule("retention", "0 2 * * *", 26 * _HOUR_S),
    Schedule("verify_audit", "0 3 * * *", 26 * _HOUR_S),
    Schedule("vacuum", "0 4 * * 0", 8 * _DAY_S),
)
