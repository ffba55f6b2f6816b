from datetime import timedelta

import pytest

from server.interactions.rules import State, default_state, is_too_early
from tests.times import MONDAY

LATER, EARLIER = MONDAY + timedelta(seconds=1), MONDAY - timedelta(seconds=1)


def test_what_is_over_is_confirmed_when_logged_by_hand():
    assert default_state(EARLIER, now=MONDAY) is State.CONFIRMED


def test_what_begins_this_instant_is_confirmed_when_logged_by_hand():
    assert default_state(MONDAY, now=MONDAY) is State.CONFIRMED


def test_what_is_to_come_is_planned():
    assert default_state(LATER, now=MONDAY) is State.PLANNED


@pytest.mark.parametrize("state", [State.HAPPENED, State.CONFIRMED])
def test_nothing_took_place_in_the_future(state):
    assert is_too_early(state, LATER, now=MONDAY)


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_possible_in_the_past(state):
    assert not is_too_early(state, EARLIER, now=MONDAY)


def test_a_plan_may_lie_in_the_future():
    assert not is_too_early(State.PLANNED, LATER, now=MONDAY)
