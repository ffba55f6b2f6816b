from datetime import UTC, datetime, timedelta

import pytest

from tests.tui.facts import _sample
from tui.screens.window import Kept, Window

NOW = datetime(2026, 3, 2, 9, 0, 7, tzinfo=UTC)


def test_the_edge_is_on_a_step():
    assert Window().edge(NOW) == datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


def test_looking_later_than_now_is_looking_at_now():
    assert Window().moved(-6, NOW).moved(60, NOW) == Window()


def test_steps_grow_with_how_far_one_looks_back():
    assert Window().moved(-6 * 60 * 4, NOW).step_s == 60
    assert Window(step_s=60).moved(-60 * 50, NOW).step_s == 600


def test_nobody_looks_further_back_than_what_is_kept():
    window = Window(step_s=600).moved(-100_000, NOW)

    assert NOW - window.edge(NOW) < timedelta(days=7, minutes=10)


def test_a_time_without_a_day_is_the_last_one():
    window = Window().at("23:30", NOW, 100)

    assert window.edge(NOW).date() == datetime(2026, 3, 1, tzinfo=UTC).date() or window.until
    middle = window.start(NOW, 100) + (window.edge(NOW) - window.start(NOW, 100)) / 2
    assert abs(middle - datetime(2026, 3, 1, 23, 30, tzinfo=UTC)) <= timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "noon", "25:00", "2026-01-01 10:00", "2026-13-01 10:00"])
def test_what_is_no_time_that_is_kept_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Window().at(text, NOW, 100)


def test_only_what_is_new_is_asked_for():
    kept = Kept()
    start = datetime(2026, 3, 2, 8, 50, tzinfo=UTC)
    kept.put([_sample(start + timedelta(seconds=10 * i), 1) for i in range(60)], 10)

    until = start + timedelta(seconds=620)

    assert kept.lacks_from(start, until) == start + timedelta(seconds=590)


def test_a_hole_at_the_beginning_is_asked_for():
    kept = Kept()
    start = datetime(2026, 3, 2, 8, 50, tzinfo=UTC)
    kept.put([_sample(start + timedelta(seconds=300), 1)], 10)

    assert kept.lacks_from(start, NOW) == start


def test_coarser_samples_than_asked_for_are_drawn_over_their_whole_step():
    kept = Kept()
    at = datetime(2026, 3, 2, 8, 59, tzinfo=UTC)
    kept.put([_sample(at, 1)], 60)

    values = kept.spread(Window(), NOW, 6, lambda one: float(one.connections))

    assert values == [12.0] * 6
