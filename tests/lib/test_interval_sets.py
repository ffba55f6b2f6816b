from datetime import UTC, datetime, timedelta

from server.lib.interval_sets import clip, merge, subtract
from server.lib.intervals import Interval

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def span(first: int, last: int) -> Interval:
    return Interval(NOON + timedelta(minutes=first), NOON + timedelta(minutes=last))


def test_touching_intervals_become_one():
    assert merge([span(30, 60), span(0, 30), span(90, 100)]) == [span(0, 60), span(90, 100)]


def test_what_is_taken_is_cut_out():
    assert list(subtract([span(0, 60)], [span(10, 20), span(50, 90)])) == [
        span(0, 10),
        span(20, 50),
    ]


def test_one_hole_reaches_over_several_intervals():
    assert list(subtract([span(0, 20), span(30, 60)], [span(10, 40)])) == [
        span(0, 10),
        span(40, 60),
    ]


def test_clipping_drops_what_lies_outside():
    inside = clip([span(0, 60), span(90, 99)], *(span(30, 80).start, span(30, 80).end))

    assert list(inside) == [span(30, 60)]
