"""However a password is guessed, few guesses count, and their speed tells nothing (ADR 0022)."""

import time
from bisect import bisect_left
from datetime import timedelta
from itertools import cycle
from statistics import median

import pytest

from tests.factories import PASSWORD, make_member
from tests.times import MONDAY
from tests.users.guesses import guess, ways_of

WINDOW = timedelta(minutes=15)


def most_in_a_window(instants):
    """Return the most that lie in any fifteen minutes, both ends included."""
    return max(
        (at - bisect_left(instants, instants[at] - WINDOW) + 1 for at in range(len(instants))),
        default=0,
    )


async def brute_force(member, *, guesses, addresses, duration):
    """Guess, evenly over `duration`; the victim's device signs in a hundred times meanwhile."""
    ways, said = cycle(ways_of(member.email)), set()
    step, often = duration / guesses, max(1, guesses // 100)
    for number in range(guesses):
        at = MONDAY + number * step
        await guess(next(ways), at=at, address=f"198.51.100.{number % addresses}")
        if number % often == 0:
            token = member.refresh_token
            said.add(await guess(member.email, password=PASSWORD, earlier_token=token, at=at))
    return said


@pytest.mark.parametrize("addresses", [1, 500])
async def test_guesses_in_every_clothing_are_ten_in_fifteen_minutes(member, evaluated, addresses):
    said = await brute_force(
        member, guesses=250, addresses=addresses, duration=timedelta(minutes=40)
    )

    assert said == {"signed_in"}
    assert 5 < most_in_a_window(evaluated) <= 10


@pytest.mark.drill
@pytest.mark.parametrize("addresses", [1, 500])
async def test_a_hundred_thousand_guesses(member, evaluated, addresses):
    said = await brute_force(
        member, guesses=100_000, addresses=addresses, duration=timedelta(hours=1)
    )

    print(
        f"\n{addresses} addresses: {len(evaluated)} of 100,000 compared in an hour,"
        f" {most_in_a_window(evaluated)} at most in 15 min"
    )
    assert said == {"signed_in"}
    assert most_in_a_window(evaluated) <= 10


@pytest.mark.drill
async def test_an_unknown_account_is_refused_as_slowly_as_a_known_one(database):
    members = [await make_member() for _ in range(20)]
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(80):
        for known in (True, False):
            email = members[number % 20].email if known else f"nobody{number % 20}@example.org"
            began = time.perf_counter()
            assert await guess(email) == "login_failed"
            took[known].append(time.perf_counter() - began)

    gap_ms = abs(median(took[True]) - median(took[False])) * 1000
    print(f"\nmedian gap between known and unknown: {gap_ms:.2f} ms")
    assert gap_ms < 5
