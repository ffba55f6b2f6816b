"""Passwords are tried ten times in fifteen minutes at most, and known devices get in (ADR 0022)."""

import asyncio
from datetime import timedelta
from itertools import cycle
from uuid import uuid4

import pytest

from server import db
from server.audit import service as audit
from server.lib.clock import utc_now
from server.users import service_passwords, sessions, throttle
from server.users.schemas import ChangePasswordIn
from server.users.throttle import TriesUsedUp, WrongPassword
from tests.factories import PASSWORD
from tests.times import MONDAY
from tests.users.guesses import guess, ways_of

WINDOW = timedelta(minutes=15)


async def actions(chain_id=None):
    rows = await db.fetch(
        "SELECT action FROM audit_entries WHERE $1::uuid IS NULL OR chain_id = $1", chain_id
    )
    return [row["action"] for row in rows]


async def test_five_guesses_are_compared_and_the_sixth_is_not(member, evaluated):
    said = [await guess(member.email) for _ in range(6)]

    assert said == ["login_failed"] * 5 + ["too_many_tries"]
    assert len(evaluated) == 5


async def test_the_right_password_is_refused_too_when_the_tries_are_used_up(member, evaluated):
    for _ in range(5):
        await guess(member.email)

    assert await guess(member.email, password=PASSWORD) == "too_many_tries"


async def test_a_try_comes_back_after_three_minutes(member, evaluated):
    for _ in range(5):
        await guess(member.email)

    assert await guess(member.email, at=MONDAY + timedelta(seconds=179)) == "too_many_tries"
    assert await guess(member.email, at=MONDAY + timedelta(seconds=180)) == "login_failed"


async def test_the_refusal_says_when_to_come_back(member, evaluated):
    for _ in range(5):
        await guess(member.email)

    with pytest.raises(TriesUsedUp) as refused:
        await throttle.take("account", member.email, now=MONDAY + timedelta(seconds=30))

    assert refused.value.headers["Retry-After"] == "150"


async def test_a_clock_that_went_back_locks_nobody_out_for_longer(member, evaluated):
    for _ in range(5):
        await guess(member.email, at=MONDAY + timedelta(days=1))
    await guess(member.email)

    assert await guess(member.email, at=MONDAY + WINDOW) == "login_failed"


async def test_all_ways_to_write_an_address_are_one_account(member, evaluated):
    for way in ways_of(member.email):
        assert await guess(way, password=PASSWORD) == "signed_in", way


async def test_ways_to_write_an_address_share_one_budget(member, evaluated):
    for _, way in zip(range(60), cycle(ways_of(member.email)), strict=False):
        await guess(way)

    assert len(evaluated) == 5


async def test_fifty_guesses_at_the_same_time_are_no_more_than_five(member, evaluated):
    await asyncio.gather(*(guess(member.email) for _ in range(50)))

    assert len(evaluated) == 5


async def test_an_unknown_account_costs_a_comparison_and_is_refused_alike(database, evaluated):
    said = [await guess("nobody@example.org") for _ in range(6)]

    assert said == ["login_failed"] * 5 + ["too_many_tries"]
    assert len(evaluated) == 5


async def test_signing_in_uses_no_try_up(member, evaluated):
    said = [await guess(member.email, password=PASSWORD) for _ in range(12)]

    assert said == ["signed_in"] * 12


async def test_the_console_gives_an_account_its_tries_back(member, evaluated):
    for _ in range(6):
        await guess(member.email)

    await throttle.forgive(member.scope, member.email.upper(), by={}, now=MONDAY)

    assert await guess(member.email) == "login_failed"
    assert "user.unlocked" in await actions(member.scope.household_id)


async def test_a_known_device_gets_in_while_others_guess(member, evaluated):
    for _ in range(20):
        await guess(member.email)

    said = await guess(member.email, password=PASSWORD, earlier_token=member.refresh_token)

    assert said == "signed_in"


async def test_a_known_device_has_five_tries_too(member, evaluated):
    said = [await guess(member.email, earlier_token=member.refresh_token) for _ in range(6)]

    assert said[-1] == "too_many_tries"
    assert await guess(member.email) == "login_failed"


async def test_a_device_is_known_to_its_own_user_only(member, stranger, evaluated):
    for _ in range(5):
        await guess(stranger.email)

    assert await guess(stranger.email, earlier_token=member.refresh_token) == "too_many_tries"


@pytest.mark.parametrize(
    ("reason", "known"),
    [("logout", True), ("password_changed", True), ("refresh_reused", False), ("revoked", False)],
)
async def test_a_device_stays_known_unless_it_was_thrown_out(member, reason, known):
    await db.execute("UPDATE sessions SET revoked_at = $1, revoked_reason = $2", MONDAY, reason)

    found = await throttle.is_known(member.email, member.refresh_token, now=MONDAY)

    assert (found is not None) == known


async def test_each_try_is_recorded_and_of_the_refused_one_a_period(member, evaluated):
    for minute in range(0, 30, 5):
        for _ in range(10):
            await guess(member.email, at=MONDAY + timedelta(minutes=minute))

    found = await actions(member.scope.household_id)
    assert found.count("user.sign_in_failed") == len(evaluated)
    assert found.count("user.sign_in_throttled") == 2


async def test_guesses_at_nobody_are_recorded_in_the_servers_chain(database, evaluated):
    for _ in range(20):
        await guess("nobody@example.org")

    found = await actions(audit.SERVER_CHAIN)
    assert found == ["user.sign_in_failed"] * 5 + ["user.sign_in_throttled"]


async def test_no_budget_holds_an_address(member, evaluated):
    await guess("nobody@example.org")

    rows = await db.fetch("SELECT b::text AS text FROM sign_in_budgets b")
    assert rows
    assert "nobody" not in str([row["text"] for row in rows])


async def test_the_current_password_is_guessed_no_more_often(member, evaluated):
    identity = await sessions.identify(member.token, now=utc_now())
    data = ChangePasswordIn(current_password="wrong", new_password="a whole new passphrase")
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await service_passwords.change_password(identity, data, now=MONDAY)

    with pytest.raises(TriesUsedUp):
        await service_passwords.change_password(identity, data, now=MONDAY)
    assert len(evaluated) == 5


async def test_a_guess_with_an_idempotency_key_counts_though_it_is_refused(client, member):
    body = {"current_password": "wrong", "new_password": "a whole new passphrase"}
    statuses = []
    for number in range(6):
        headers = {**member.headers, "Idempotency-Key": str(number)}
        path = "/api/auth/change-password"
        statuses.append((await client.post(path, headers=headers, json=body)).status_code)

    assert statuses == [400] * 5 + [429]


async def test_a_stolen_session_locks_no_other_out_of_its_password(member, evaluated):
    stolen = uuid4()
    for _ in range(10):
        with pytest.raises((WrongPassword, TriesUsedUp)):
            await throttle.check_own_password(
                member.scope, stolen, "wrong", field="password", now=MONDAY
            )

    await throttle.check_own_password(member.scope, uuid4(), PASSWORD, field="password", now=MONDAY)
    assert len(evaluated) == 5
