from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.messages import rules
from server.messages.rules import (
    Again,
    Expire,
    Hold,
    Look,
    Park,
    Send,
    Suppress,
    Waiting,
    judge,
    next_attempt,
    settle,
)
from tests.times import MONDAY

HOUR = timedelta(hours=1)
FINE = Waiting(
    "sms",
    kind="digest",
    cause_kind="digest",
    is_urgent=False,
    expires_at=MONDAY + HOUR,
    attempts=0,
    has_provider=True,
    has_address=True,
    is_address_fixed=False,
    is_disabled=False,
    opted_out=False,
    left=(0, 0),
    quiet_until=None,
)
seconds = st.floats(0, 1e9, allow_nan=False)
jitters = st.floats(0, 1, exclude_max=True)


def judged(**changes):
    return judge(replace(FINE, **changes), now=MONDAY)


def test_a_message_that_nothing_speaks_against_leaves():
    assert judged() == Send()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_disabled": True}, "user_disabled"),
        ({"has_provider": False}, "no_provider"),
        ({"has_address": False}, "no_phone"),
        ({"has_address": False, "channel": "email"}, "no_address"),
        ({"opted_out": True}, "stop"),
        ({"left": (10, 10)}, "cap"),
        ({"left": (20, 20), "channel": "email"}, "cap"),
        ({"left": (10, 10), "channel": "email", "cause_kind": "inbox"}, "cap"),
        ({"left": (1, 40), "cause_kind": "inbox"}, "cap"),
    ],
)
def test_what_may_never_leave_says_why(changes, reason):
    assert judged(**changes) == Suppress(reason)


@pytest.mark.parametrize(("channel", "cap"), [("sms", 10), ("email", 20)])
def test_the_last_place_of_the_hour_is_given(channel, cap):
    assert judged(channel=channel, left=(cap - 1, 999)) == Send()


def test_who_had_a_place_keeps_it_for_further_attempts():
    assert judged(attempts=1, left=(10, 10)) == Send()


@pytest.mark.parametrize("more", [{}, {"is_disabled": True}, {"opted_out": True}])
def test_what_is_out_of_date_is_given_up_whatever_else_is_said(more):
    assert judged(expires_at=MONDAY, **more) == Expire()


def test_quiet_hours_hold_it_until_they_end():
    assert judged(quiet_until=MONDAY + 0.5 * HOUR) == Hold(MONDAY + 0.5 * HOUR, "quiet_hours")


def test_quiet_hours_hold_nothing_beyond_its_life():
    assert judged(quiet_until=MONDAY + 2 * HOUR) == Hold(MONDAY + HOUR, "quiet_hours")


def test_quiet_hours_do_not_hold_what_is_urgent():
    assert judged(quiet_until=MONDAY + HOUR, is_urgent=True) == Send()


def test_a_message_that_waits_takes_no_place():
    assert isinstance(judged(quiet_until=MONDAY + 0.5 * HOUR, left=(99, 99)), Hold)


@pytest.mark.parametrize(
    ("channel", "changes", "leaves"),
    [
        ("sms", {"cause_kind": "account"}, False),
        ("sms", {"cause_kind": "verification", "is_address_fixed": True}, True),
        ("sms", {"kind": "opt_out_receipt"}, True),
        ("email", {"cause_kind": "account"}, True),
        ("email", {"cause_kind": "alert"}, True),
        ("email", {"cause_kind": None}, False),
        ("email", {"kind": "opt_out_receipt"}, True),
    ],
)
def test_stop_holds_for_all_but_what_nobody_means_by_it(channel, changes, leaves):
    verdict = judged(channel=channel, opted_out=True, **changes)

    assert verdict == (Send() if leaves else Suppress("stop"))


def test_three_tries_come_quickly_and_then_one_each_quarter_of_an_hour():
    pauses = [
        next_attempt(n, now=MONDAY, expires_at=MONDAY + 24 * HOUR, jitter=0) - MONDAY
        for n in range(1, 6)
    ]

    assert [pause.total_seconds() for pause in pauses] == [2, 4, 900, 900, 900]


@given(attempts=st.integers(1, 500), jitter=jitters, retry_after=st.none() | seconds)
def test_a_provider_is_never_called_sooner_than_it_asked_unless_to_give_up(
    attempts, jitter, retry_after
):
    expires_at = MONDAY + 24 * HOUR

    at = next_attempt(
        attempts, now=MONDAY, expires_at=expires_at, jitter=jitter, retry_after_s=retry_after
    )

    assert MONDAY < at <= expires_at
    if at < expires_at:
        assert (at - MONDAY).total_seconds() >= (retry_after or 0) - 1e-5


@given(attempts=st.integers(1, 500), one=jitters, other=jitters)
def test_jitter_makes_a_pause_longer_by_a_tenth_at_most(attempts, one, other):
    def pause(jitter):
        at = next_attempt(attempts, now=MONDAY, expires_at=MONDAY + 24 * HOUR, jitter=jitter)
        return (at - MONDAY).total_seconds()

    assert pause(0) <= pause(min(one, other)) <= pause(max(one, other)) <= 1.1 * pause(0) + 1e-5


AGES = st.floats(-30, 4000).map(lambda s: timedelta(seconds=s))


def after(age, *, is_absent=False, is_parked=False):
    return settle(is_absent=is_absent, in_doubt_since=MONDAY, now=MONDAY + age, is_parked=is_parked)


@given(absent=st.booleans(), age=AGES, parked=st.booleans())
def test_only_proven_absence_lets_it_be_sent_again(absent, age, parked):
    verdict = after(age, is_absent=absent, is_parked=parked)

    assert (verdict == Again()) == (absent and age >= rules.LIST_LAG)


@given(absent=st.booleans(), age=AGES, parked=st.booleans())
def test_whoever_looks_again_does_so_later(absent, age, parked):
    verdict = after(age, is_absent=absent, is_parked=parked)

    if isinstance(verdict, Look | Park):
        assert verdict.at > MONDAY + age


@example(answers=[False] * 60, call_s=rules.CALL_LIMIT_S)
@given(
    answers=st.lists(st.booleans(), min_size=60, max_size=60),
    call_s=st.floats(0, rules.CALL_LIMIT_S),
)
def test_every_doubt_ends_within_two_minutes_of_the_attempt(answers, call_s):
    """Also when every question takes as long as it may."""
    begun = MONDAY
    since = rules.doubt_since(begun)
    now = begun + rules.LEASE
    for absent in answers:
        asked_at = now
        now += timedelta(seconds=call_s)
        verdict = settle(is_absent=absent, in_doubt_since=since, now=asked_at, is_parked=False)
        if not isinstance(verdict, Look):
            break
        now = max(now, verdict.at)

    assert not isinstance(verdict, Look)
    assert now - begun <= timedelta(seconds=120)


def test_an_absent_message_is_looked_for_again_as_soon_as_absence_counts():
    verdict = after(rules.LIST_LAG - timedelta(seconds=1), is_absent=True)

    assert verdict == Look(MONDAY + rules.LIST_LAG)


def test_who_cannot_tell_for_long_leaves_it_parked_and_is_asked_now_and_then():
    parked = after(rules.DOUBT_LIMIT)

    assert parked == Park(MONDAY + rules.DOUBT_LIMIT + rules.PARKED_PAUSE)
    again = after(rules.DOUBT_LIMIT + rules.PARKED_PAUSE, is_parked=True)
    assert isinstance(again, Look)


def test_a_call_is_over_before_absence_is_believed():
    """A sender that lost its lease may still be in its call, and the provider may take it then."""
    assert rules.doubt_since(MONDAY) >= MONDAY + timedelta(seconds=rules.CALL_LIMIT_S)
