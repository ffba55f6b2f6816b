from datetime import timedelta

import pytest

from server.suggestions.states import (
    TRANSITIONS,
    Action,
    DismissReason,
    State,
    check,
    read_dismissal,
    snoozed_until,
)
from tests.suggestions.examples import NOW

OVER = NOW - timedelta(hours=1)
AHEAD = NOW + timedelta(hours=1)

ALLOWED = {
    Action.ACCEPT: {State.PENDING},
    Action.DISMISS: {State.PENDING, State.SNOOZED, State.ACCEPTED},
    Action.SNOOZE: {State.PENDING, State.SNOOZED},
    Action.CONFIRM: {State.ACCEPTED},
    Action.MISS: {State.ACCEPTED},
    Action.EXPIRE: {State.PENDING},
    Action.WAKE: {State.SNOOZED},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("action", Action)
def test_an_action_is_allowed_from_its_states_only(action, state):
    slot_start = AHEAD if action is Action.ACCEPT else OVER

    assert (check(action, state, slot_start, NOW) is None) is (state in ALLOWED[action])


def test_what_is_over_cannot_be_accepted():
    refusal = check(Action.ACCEPT, State.PENDING, NOW, NOW)

    assert refusal == "The time of this suggestion has come and gone."


@pytest.mark.parametrize("action", [Action.CONFIRM, Action.MISS, Action.EXPIRE])
def test_what_comes_after_the_slot_waits_for_its_beginning(action):
    source = next(iter(ALLOWED[action]))

    assert check(action, source, AHEAD, NOW) == "The time of this suggestion has not begun yet."
    assert check(action, source, NOW, NOW) is None


@pytest.mark.parametrize("action", [Action.ACCEPT, Action.DISMISS, Action.SNOOZE])
def test_the_user_answers_before_the_slot(action):
    assert check(action, State.PENDING, AHEAD, NOW) is None


def test_a_refusal_says_what_the_suggestion_is_and_should_be():
    assert (
        check(Action.SNOOZE, State.ACCEPTED, AHEAD, NOW)
        == "This suggestion is accepted; to snooze it, it must be pending or snoozed."
    )


@pytest.mark.parametrize("state", [State.DISMISSED, State.EXPIRED, State.CONFIRMED, State.MISSED])
def test_a_closed_suggestion_stays_closed(state):
    assert all(state not in transition.sources for transition in TRANSITIONS.values())


@pytest.mark.parametrize("days", [1, 31])
def test_a_snooze_lasts_whole_days(days):
    assert snoozed_until(NOW, days) == NOW + timedelta(hours=24 * days)


@pytest.mark.parametrize("days", [0, 32, -1])
def test_a_snooze_outside_1_to_31_days_is_refused(days):
    with pytest.raises(ValueError, match="from 1 to 31 days"):
        snoozed_until(NOW, days)


def test_a_known_reason_to_dismiss_is_its_code():
    assert read_dismissal(" bad_timing ") == (DismissReason.BAD_TIMING, None)


def test_any_other_words_are_kept_as_they_are():
    assert read_dismissal("We fell out.") == (DismissReason.OTHER, "We fell out.")


def test_own_words_stay_exactly_as_they_came():
    assert read_dismissal(" We\r\nfell out.\n") == (DismissReason.OTHER, " We\r\nfell out.\n")
