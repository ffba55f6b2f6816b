from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.messages.quiet import quiet_until

NIGHT = {"start": "22:00", "end": "08:00"}
NOON = {"start": "12:00", "end": "14:00"}
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Africa/Casablanca",
    "Asia/Tehran",
    "America/St_Johns",
    "Pacific/Apia",
    "UTC",
]
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
spans = st.builds(lambda a, b: {"start": a, "end": b}, clocks, clocks).filter(
    lambda span: span["start"] != span["end"]
)
instants = st.datetimes(datetime(2011, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(tzinfo=UTC)
)


def ends(hours, *local: int):
    year, month, day, hour, minute = local
    now = datetime(year, month, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)
    until = quiet_until(hours, "Europe/Berlin", now=now)
    return until and until.astimezone(BERLIN).replace(tzinfo=None)


def is_quiet(hours, zone, at):
    clock = at.astimezone(ZoneInfo(zone)).time()
    start, end = time.fromisoformat(hours["start"]), time.fromisoformat(hours["end"])
    return start <= clock < end if start < end else clock >= start or clock < end


def test_without_quiet_hours_nothing_is_held():
    assert quiet_until(None, "UTC", now=datetime(2026, 1, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, (2026, 11, 23, 21, 59), None),
        (NIGHT, (2026, 11, 23, 22, 0), datetime(2026, 11, 24, 8, 0)),  # noqa: DTZ001
        (NIGHT, (2026, 11, 24, 7, 59), datetime(2026, 11, 24, 8, 0)),  # noqa: DTZ001
        (NIGHT, (2026, 11, 24, 8, 0), None),
        (NOON, (2026, 11, 24, 13, 0), datetime(2026, 11, 24, 14, 0)),  # noqa: DTZ001
        (NOON, (2026, 11, 24, 14, 0), None),
    ],
)
def test_they_hold_from_their_start_up_to_their_end(hours, now, until):
    assert ends(hours, *now) == until


def test_a_night_in_which_the_clock_jumps_ends_at_the_same_hour():
    spring = quiet_until(NIGHT, "Europe/Berlin", now=datetime(2026, 3, 28, 22, tzinfo=UTC))
    autumn = quiet_until(NIGHT, "Europe/Berlin", now=datetime(2026, 10, 24, 22, tzinfo=UTC))

    assert spring == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert autumn == datetime(2026, 10, 25, 7, tzinfo=UTC)


def test_an_end_that_is_skipped_is_when_it_is_skipped():
    hours = {"start": "22:00", "end": "02:30"}

    assert ends(hours, 2026, 3, 29, 1, 0) == datetime(2026, 3, 29, 3, 0)  # noqa: DTZ001


@pytest.mark.parametrize(("fold", "hour_utc"), [(0, 0), (1, 1)])
def test_an_end_that_comes_twice_is_the_next_one(fold, hour_utc):
    now = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=fold).astimezone(UTC)

    until = quiet_until({"start": "22:00", "end": "02:30"}, "Europe/Berlin", now=now)

    assert until == datetime(2026, 10, 25, hour_utc, 30, tzinfo=UTC)


@given(hours=spans, zone=st.sampled_from(ZONES), now=instants)
def test_it_is_quiet_until_the_end_and_not_at_it(hours, zone, now):
    until = quiet_until(hours, zone, now=now)

    assert (until is not None) == is_quiet(hours, zone, now)
    if until is not None:
        assert now < until <= now + timedelta(hours=50)
        # The clock has gone past the end there, or a jump has brought it on.
        assert not is_quiet(hours, zone, until) or zone_jumps(zone, until)
        just_before = max(now, until - timedelta(seconds=1))
        assert is_quiet(hours, zone, just_before)


def zone_jumps(zone, at):
    day = timedelta(days=1)
    here = ZoneInfo(zone)
    return (at - day).astimezone(here).utcoffset() != (at + day).astimezone(here).utcoffset()
