from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from server.messages.breaker import LONGEST_REST_S, OPENS_AFTER, Breaker, after_failure
from tests.times import MONDAY


def failing(times, *, breaker=None, now=MONDAY, **more):
    breaker = breaker or Breaker()
    for _ in range(times):
        breaker = after_failure(breaker, now=now, jitter=0, **more)
    return breaker


def test_it_stays_closed_for_a_few_failures():
    assert not failing(OPENS_AFTER - 1).is_open(MONDAY)


def test_it_opens_after_ten_failures_at_most():
    assert OPENS_AFTER <= 10
    assert failing(OPENS_AFTER).is_open(MONDAY)


def test_when_its_rest_is_over_one_may_try():
    breaker = failing(OPENS_AFTER)

    assert not breaker.is_on_trial(MONDAY)
    assert breaker.is_on_trial(breaker.open_until)
    assert not breaker.is_open(breaker.open_until)


def test_each_failed_trial_makes_the_rest_twice_as_long_up_to_a_limit():
    rests = []
    breaker, now = failing(OPENS_AFTER), MONDAY
    for _ in range(20):
        rests.append((breaker.open_until - now).total_seconds())
        now = breaker.open_until
        breaker = after_failure(breaker, now=now, jitter=0)

    assert rests[:5] == [15, 30, 60, 120, 240]
    assert set(rests[5:]) == {LONGEST_REST_S}


def test_calls_that_fail_together_make_the_rest_no_longer():
    assert failing(32).open_until == failing(OPENS_AFTER).open_until


def test_a_provider_that_asks_for_a_rest_gets_it_at_the_first_failure():
    assert failing(1, retry_after_s=90).open_until == MONDAY + timedelta(seconds=90)


@given(
    waits=st.lists(st.none() | st.floats(0, 86_400, allow_nan=False), min_size=1, max_size=12),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_no_rest_is_shorter_than_any_provider_asked_for(waits, jitter):
    breaker = Breaker()
    for wait in waits:
        breaker = after_failure(breaker, now=MONDAY, jitter=jitter, retry_after_s=wait)

    longest = max(wait or 0 for wait in waits)
    assert longest < 1e-3 or (breaker.open_until or MONDAY) >= MONDAY + timedelta(
        seconds=longest - 1e-3
    )
