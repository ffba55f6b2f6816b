from datetime import timedelta

import pytest

from server.samples import rules
from tests.times import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "finest"), [(2 * HOUR, 10), (3 * HOUR, 10), (4 * HOUR, 60), (3 * DAY, 600)]
)
def test_older_samples_are_coarser(age, finest):
    assert rules.finest_s(MONDAY - age, now=MONDAY) == finest


def test_a_long_span_gets_a_step_that_fits():
    assert rules.step_s(MONDAY - 2 * DAY, MONDAY, wanted_s=10, most=1500) == 120


def test_a_wanted_step_is_taken_up_to_the_next_whole_one():
    assert rules.step_s(MONDAY - HOUR, MONDAY, wanted_s=45, most=1500) == 60


def test_a_floor_is_a_whole_step():
    assert rules.floor(MONDAY + timedelta(seconds=19), 10) == rules.floor(
        MONDAY + timedelta(seconds=10), 10
    )
