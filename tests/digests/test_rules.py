"""Every occurrence once, at the right wall time: wherever, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.digests import rules
from server.digests.rules import Occurrence, Rule
from tests.digests.zones import YEAR, ZONES

SUNDAY = "6 09:00"
MINUTE = timedelta(minutes=1)
quick = settings(max_examples=60, deadline=None)


def rule(text=SUNDAY, zone="Europe/Berlin"):
    return Rule.read(f"{text} {zone}")


utc = partial(datetime, tzinfo=UTC)


def year_of(text, zone):
    """Return the occurrences of a year, each found from the one before, as the job does."""
    found = [rules.first_after(rule(text, zone), YEAR)]
    while found[-1].at < YEAR + timedelta(days=365):
        found.append(rules.following(rule(text, zone), found[-1].on, found[-1].at))
    return found[:-1]


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_has_each_week_once_at_nine_on_the_wall(zone):
    found = year_of(SUNDAY, zone)

    walls = [one.at.astimezone(rule(zone=zone).zone) for one in found]
    assert {(wall.weekday(), wall.hour, wall.minute) for wall in walls} == {(6, 9, 0)}
    assert [wall.date() for wall in walls] == [one.on for one in found]
    assert len(found) == 52
    assert {later.on - earlier.on for earlier, later in pairwise(found)} == {timedelta(days=7)}


@pytest.mark.parametrize("zone", ZONES)
def test_the_week_of_a_clock_change_is_an_hour_shorter_or_longer(zone):
    found = year_of(SUNDAY, zone)

    changed = [later.at - earlier.at for earlier, later in pairwise(found)]
    offsets = {one.at.astimezone(rule(zone=zone).zone).utcoffset() for one in found}
    assert len([gap for gap in changed if gap != timedelta(days=7)]) == 2 * (len(offsets) - 1)


@pytest.mark.parametrize(
    ("zone", "on", "clock", "wall"),
    [
        # New York leaps from 02:00 to 03:00, Lord Howe from 02:00 to 02:30.
        ("America/New_York", date(2026, 3, 8), "02:30", "03:30"),
        ("Europe/Berlin", date(2026, 3, 29), "02:00", "03:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:15", "02:45"),
        # These leap at midnight.
        ("America/Havana", date(2026, 3, 8), "00:30", "01:30"),
        ("Asia/Beirut", date(2026, 3, 29), "00:00", "01:00"),
        ("America/Santiago", date(2026, 9, 6), "00:15", "01:15"),
    ],
)
def test_a_time_that_the_clocks_leap_over_moves_forward(zone, on, clock, wall):
    found = rules.occurrence(rule(f"6 {clock}", zone), on)

    local = found.at.astimezone(rule(zone=zone).zone)
    assert (local.date(), f"{local:%H:%M}") == (on, wall)


def test_a_time_that_comes_twice_is_the_first_one():
    found = rules.occurrence(rule("6 02:30"), date(2026, 10, 25))

    assert found.at == utc(2026, 10, 25, 0, 30)
    after = rules.following(rule("6 02:30"), found.on, found.at)
    assert after == Occurrence(date(2026, 11, 1), utc(2026, 11, 1, 1, 30))


def test_a_day_that_a_zone_skips_has_its_digest_on_the_next_one():
    """Samoa went from Thursday, 29 December 2011, to Saturday."""
    friday = rule("4 09:00", "Pacific/Apia")

    found = rules.first_after(friday, utc(2011, 12, 30, 12))

    assert found == Occurrence(date(2011, 12, 30), utc(2011, 12, 30, 19))
    assert rules.following(friday, found.on, found.at).on == date(2012, 1, 6)


@quick
@given(
    at=st.integers(0, 10 * 365 * 24 * 60).map(lambda minutes: YEAR + minutes * MINUTE),
    zone=st.sampled_from(ZONES),
    weekday=st.integers(0, 6),
    minutes=st.integers(0, 1439),
)
def test_the_next_one_is_ahead_and_within_eight_days(at, zone, weekday, minutes):
    weekly = rule(f"{weekday} {minutes // 60:02}:{minutes % 60:02}", zone)

    found = rules.first_after(weekly, at)

    assert at < found.at <= at + timedelta(days=8)
    assert found.at <= at + rules.FAR
    assert found.on.weekday() == weekday
    assert rules.first_after(weekly, found.at - MINUTE) == found
    assert rules.first_after(weekly, found.at).on == found.on + timedelta(weeks=1)


def test_an_unknown_zone_counts_as_utc():
    assert rules.first_after(rule(zone="Mars/Base"), YEAR).at.hour == 9


def test_what_was_missed_is_found_week_by_week_but_not_for_ever():
    weekly, now = rule(), utc(2026, 11, 22, 12)

    assert rules.following(weekly, date(2026, 11, 8), now).on == date(2026, 11, 15)
    assert rules.following(weekly, date(2016, 11, 6), now).on == date(2026, 9, 27)


KEPT = rules.occurrence(rule(), date(2026, 11, 29))


@pytest.mark.parametrize(
    ("new", "now", "on"),
    [
        # An hour earlier on the day itself, and a journey to where it is past nine already.
        (rule("6 07:00"), utc(2026, 11, 29, 6, 30), date(2026, 11, 29)),
        (rule(zone="Asia/Tokyo"), utc(2026, 11, 29, 7), date(2026, 11, 29)),
        (rule(zone="America/Los_Angeles"), utc(2026, 11, 29, 7), date(2026, 11, 29)),
        # Another day begins with the first ahead.
        (rule("0 09:00"), utc(2026, 11, 24), date(2026, 11, 30)),
        (rule("5 09:00"), utc(2026, 11, 28, 12), date(2026, 12, 5)),
    ],
)
def test_a_changed_rule_keeps_the_date_where_the_weekday_stays(new, now, on):
    found = rules.moved(new, KEPT, now)

    assert found == rules.occurrence(new, on)


def test_a_first_rule_begins_with_what_is_ahead():
    assert rules.moved(rule(), None, utc(2026, 11, 22, 8)).on == date(2026, 11, 29)
    assert rules.moved(rule(), None, utc(2026, 11, 22, 7)).on == date(2026, 11, 22)


def test_a_date_that_a_wrong_clock_left_far_away_is_given_up():
    far = rules.occurrence(rule(), date(2027, 11, 28))

    assert rules.moved(rule(), far, utc(2026, 11, 24)).on == date(2026, 11, 29)


def test_twelve_hours_late_is_late_enough():
    assert not rules.is_too_late(YEAR, YEAR + timedelta(hours=12))
    assert rules.is_too_late(YEAR, YEAR + timedelta(hours=12, seconds=1))


def test_only_what_was_told_lately_is_a_repetition():
    lately, before = YEAR - timedelta(hours=3), YEAR - timedelta(days=7)

    assert rules.is_repetition([lately], YEAR)
    assert not rules.is_repetition([lately, before], YEAR)
    assert not rules.is_repetition([lately, None], YEAR)


def test_what_a_wrong_clock_told_is_no_repetition():
    assert not rules.is_repetition([YEAR + timedelta(days=30)], YEAR)
    assert rules.is_repetition([YEAR + timedelta(seconds=5)], YEAR)
