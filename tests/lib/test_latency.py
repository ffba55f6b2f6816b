import pytest

from server.lib.latency import BOUNDS_S, quantile_ms


def counts(**places):
    found = [0] * (len(BOUNDS_S) + 1)
    for place, count in places.items():
        found[int(place[1:])] = count
    return found


def test_nobody_asked_nothing_so_there_is_no_latency():
    assert quantile_ms(counts(), 0.5) is None


def test_half_of_one_place_lies_in_its_middle():
    low, high = BOUNDS_S[3:5]

    found = quantile_ms(counts(_4=100), 0.5)

    assert found == pytest.approx(1000 * (low + high) / 2, abs=0.06)


def test_the_slow_few_are_in_the_last_twentieth_only():
    found = counts(_2=96, _20=4)

    assert (quantile_ms(found, 0.5) or 9) < 3
    assert (quantile_ms(found, 0.95) or 9) < 3
    assert (quantile_ms(found, 0.97) or 0) > 500


def test_what_is_slower_than_all_bounds_counts_as_the_last_bound():
    last = len(BOUNDS_S)

    assert quantile_ms(counts(**{f"_{last}": 3}), 0.5) == 1000 * BOUNDS_S[-1]
