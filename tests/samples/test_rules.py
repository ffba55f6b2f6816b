from datetime import timedelta

import pytest

from server.metrics import LATENCY_BOUNDS_S
from server.samples import rules
from tests.times import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def counts(**places):
    found = [0] * (len(LATENCY_BOUNDS_S) + 1)
    for place, count in places.items():
        found[int(place[1:])] = count
    return found


@pytest.mark.parametrize(
    ("age", "finest"), [(2 * HOUR, 10), (3 * HOUR, 10), (4 * HOUR, 60), (3 * DAY, 600)]
)
def test_older_samples_are_coarser(age, finest):
    assert rules.finest_s(MONDAY - age, now=MONDAY) == finest


def test_a_long_span_gets_a_step_that_fits():
    assert rules.step_s(MONDAY - 2 * DAY, MONDAY, wanted_s=10, most=1500) == 120


def test_a_wanted_step_is_taken_up_to_the_next_whole_one():
    assert rules.step_s(MONDAY - HOUR, MONDAY, wanted_s=45, most=1500) == 60


def test_nobody_asked_nothing_so_there_is_no_latency():
    assert rules.quantile_ms(counts(), 0.5) is None


def test_half_of_one_place_lies_in_its_middle():
    low, high = LATENCY_BOUNDS_S[3:5]

    found = rules.quantile_ms(counts(_4=100), 0.5)

    assert found == pytest.approx(1000 * (low + high) / 2, abs=0.06)


def test_the_slow_few_are_in_the_last_twentieth_only():
    found = counts(_2=96, _20=4)

    assert (rules.quantile_ms(found, 0.5) or 9) < 3
    assert (rules.quantile_ms(found, 0.95) or 9) < 3
    assert (rules.quantile_ms(found, 0.97) or 0) > 500


def test_what_is_slower_than_all_bounds_counts_as_the_last_bound():
    last = len(LATENCY_BOUNDS_S)

    assert rules.quantile_ms(counts(**{f"_{last}": 3}), 0.5) == 1000 * LATENCY_BOUNDS_S[-1]


def test_a_floor_is_a_whole_step():
    assert rules.floor(MONDAY + timedelta(seconds=19), 10) == rules.floor(
        MONDAY + timedelta(seconds=10), 10
    )
