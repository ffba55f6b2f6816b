from datetime import UTC, datetime, timedelta

import pytest

from server.lib.intervals import Interval

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def span(from_minute: int, to_minute: int) -> Interval:
    return Interval(NOON + timedelta(minutes=from_minute), NOON + timedelta(minutes=to_minute))


def test_intervals_that_share_a_minute_overlap():
    assert span(0, 30).overlaps(span(29, 60))
    assert span(29, 60).overlaps(span(0, 30))


def test_an_interval_overlaps_one_inside_it():
    assert span(0, 60).overlaps(span(10, 20))
    assert span(10, 20).overlaps(span(0, 60))


def test_touching_intervals_do_not_overlap():
    assert not span(0, 30).overlaps(span(30, 60))
    assert not span(30, 60).overlaps(span(0, 30))


def test_minutes_are_whole_and_rounded_down():
    assert Interval(NOON, NOON + timedelta(minutes=44, seconds=59)).minutes == 44


def test_intervals_sort_by_start_then_end():
    assert sorted([span(5, 9), span(0, 9), span(0, 5)]) == [span(0, 5), span(0, 9), span(5, 9)]


@pytest.mark.parametrize("end", [NOON, NOON - timedelta(seconds=1)])
def test_an_end_that_is_not_after_the_start_is_refused(end):
    with pytest.raises(ValueError, match="ends after"):
        Interval(NOON, end)


def test_naive_times_are_refused():
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(ValueError, match="aware"):
        Interval(naive, naive + timedelta(hours=1))
