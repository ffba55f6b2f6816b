"""Signing in with a second factor."""

import asyncio
from datetime import timedelta

import pytest

from server import db
from server.errors import CatchUpError, RateLimited, Unauthorized
from server.users import challenges, service, service_passwords, sessions
from server.users.challenges import LIFE, MOST_ATTEMPTS
from server.users.permissions import ADMIN
from server.users.proofs import MOST, QUIET
from server.users.schemas import LoginIn, SignedIn
from server.users.schemas_mfa import ChallengeOut, VerifyIn
from server.users.sessions import Device
from tests.factories import PASSWORD
from tests.mfa import STEP, code_for, turn_on
from tests.times import MONDAY

PHONE = Device("phone", "192.0.2.1")
WRONG = "wrong-wron-gwro-ngwr"


@pytest.fixture
async def factor(member):
    """A second factor of `member`, turned on on Monday; its secret and recovery codes."""
    return await turn_on(member, now=MONDAY)


async def login(member, *, now=MONDAY):
    data = LoginIn(email=member.email, password=PASSWORD)
    return await service.login(data, PHONE, now=now)


async def open_one(member, *, now=MONDAY):
    """Open a challenge without the cost of a password."""
    opened = await challenges.challenge(member.scope, PHONE, now=now)
    assert opened is not None
    return opened.challenge


async def verify(challenge, code, *, now=MONDAY):
    data = VerifyIn(challenge=challenge, code=code)
    return await challenges.verify(data, PHONE, now=now)


async def refused(attempt):
    with pytest.raises(CatchUpError) as error:
        await attempt
    return error.value.code


async def many(attempts):
    """Run attempts at once; return those that got through and the codes of the others."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    through = [one for one in results if isinstance(one, SignedIn)]
    return through, {one.code for one in results if isinstance(one, CatchUpError)}


def wrong_code(secret, now=MONDAY):
    """A code of six digits that fits at no time around `now`."""
    near = {code_for(secret, now + steps * STEP) for steps in range(-2, 3)}
    return next(code for code in map(str, range(100_000, 100_010)) if code not in near)


async def test_without_a_second_factor_the_password_signs_in(member):
    assert isinstance(await login(member), SignedIn)


async def test_a_password_alone_opens_no_session(member, factor):
    before = await db.fetch_value("SELECT count(*) FROM sessions")

    reply = await login(member)

    assert isinstance(reply, ChallengeOut)
    assert await db.fetch_value("SELECT count(*) FROM sessions") == before


async def test_a_challenge_is_no_access_token(member, factor):
    reply = await login(member)

    with pytest.raises(Unauthorized):
        await sessions.identify(reply.challenge, now=MONDAY)


async def test_password_and_code_sign_in_with_admin_rights(member, factor):
    secret, _ = factor
    opened = await login(member)

    signed_in = await verify(opened.challenge, code_for(secret, MONDAY))

    identity = await sessions.identify(signed_in.token, now=MONDAY)
    assert (identity.scope, identity.permissions >= ADMIN) == (member.scope, True)


async def test_a_recovery_code_signs_in_once(member, factor):
    _, codes = factor
    await verify(await open_one(member), codes[0].upper())

    again = verify(await open_one(member), codes[0])

    assert await refused(again) == "wrong_code"


async def test_a_code_replayed_50_times_at_once_signs_in_once(member, factor):
    secret, _ = factor
    code = code_for(secret, MONDAY)
    opened = [await open_one(member) for _ in range(50)]

    through, codes = await many(verify(one, code) for one in opened)

    assert len(through) == 1
    assert codes <= {"wrong_code", "too_many_attempts"}


async def test_a_recovery_code_replayed_50_times_at_once_signs_in_once(member, factor):
    _, codes = factor
    opened = [await open_one(member) for _ in range(50)]

    through, refusals = await many(verify(one, codes[0]) for one in opened)

    assert (len(through), refusals) == (1, {"wrong_code"})


async def test_a_challenge_replayed_50_times_at_once_signs_in_once(member, factor):
    _, codes = factor
    opened = await open_one(member)

    # With ten codes that are good in themselves.
    through, refusals = await many(verify(opened, codes[at % 10]) for at in range(50))

    assert len(through) == 1
    assert "challenge_invalid" in refusals


async def test_a_code_cannot_be_used_again_nor_one_before_it(member, factor):
    secret, _ = factor
    later = MONDAY + STEP
    await verify(await open_one(member), code_for(secret, later), now=later)

    for at in (later, MONDAY):
        again = verify(await open_one(member), code_for(secret, at), now=later)
        assert await refused(again) == "wrong_code"


async def test_the_code_that_turned_the_factor_on_signs_nobody_in(member, factor):
    secret, _ = factor

    attempt = verify(await open_one(member), code_for(secret, MONDAY - STEP))

    assert await refused(attempt) == "wrong_code"


async def test_a_challenge_is_tried_a_few_times(member, factor):
    secret, codes = factor
    opened = await open_one(member)
    for _ in range(MOST_ATTEMPTS):
        assert await refused(verify(opened, wrong_code(secret))) == "wrong_code"

    assert await refused(verify(opened, codes[0])) == "challenge_invalid"


async def test_ten_wrong_codes_are_looked_at_and_then_none_for_a_quarter_of_an_hour(member, factor):
    secret, _ = factor
    wrong = wrong_code(secret)
    for _ in range(MOST):
        assert await refused(verify(await open_one(member), wrong)) == "wrong_code"

    with pytest.raises(RateLimited) as limited:
        await verify(await open_one(member), code_for(secret, MONDAY))
    soon = MONDAY + QUIET - timedelta(seconds=1)
    right = verify(await open_one(member, now=soon), code_for(secret, soon), now=soon)

    assert limited.value.headers["Retry-After"] == "900"
    assert await refused(right) == "too_many_attempts"


async def test_after_that_the_right_code_signs_in_again(member, factor):
    secret, _ = factor
    for _ in range(MOST):
        await refused(verify(await open_one(member), wrong_code(secret)))
    later = MONDAY + QUIET

    signed_in = await verify(await open_one(member, now=later), code_for(secret, later), now=later)

    assert signed_in.user.id == member.scope.user_id


async def test_of_50_guesses_at_once_ten_are_looked_at(member, factor):
    secret, _ = factor
    opened = [await open_one(member) for _ in range(50)]

    await many(verify(one, wrong_code(secret)) for one in opened)

    found = await db.fetch_value(
        "SELECT count(*) FROM audit_entries WHERE action = 'user.sign_in_failed'"
    )
    assert found == MOST


async def test_guesses_of_others_leave_a_recovery_code_as_the_way_in(member, factor):
    secret, codes = factor
    for _ in range(MOST):
        await refused(verify(await open_one(member), wrong_code(secret)))

    assert (await verify(await open_one(member), codes[0])).user.id == member.scope.user_id


async def test_success_does_not_give_earlier_guesses_back(member, factor):
    secret, _ = factor
    for _ in range(MOST - 1):
        await refused(verify(await open_one(member), wrong_code(secret)))
    await verify(await open_one(member), code_for(secret, MONDAY))

    await refused(verify(await open_one(member), wrong_code(secret)))

    assert await refused(verify(await open_one(member), wrong_code(secret))) == "too_many_attempts"


async def test_a_challenge_expires(member, factor):
    _, codes = factor
    opened = await open_one(member)

    assert await refused(verify(opened, codes[0], now=MONDAY + LIFE)) == "challenge_invalid"


async def test_a_new_password_calls_open_challenges_off(member, factor):
    _, codes = factor
    opened = await open_one(member)

    await service_passwords.reset_password(member.email, "a whole new passphrase", now=MONDAY)

    assert await refused(verify(opened, codes[0])) == "challenge_invalid"


async def test_a_reset_password_still_wants_the_second_factor(member, factor):
    await service_passwords.reset_password(member.email, PASSWORD, now=MONDAY)

    assert isinstance(await login(member), ChallengeOut)


async def test_a_user_disabled_meanwhile_is_refused_and_keeps_the_code(member, factor):
    _, codes = factor
    opened = await open_one(member)
    await db.execute("UPDATE users SET disabled_at = now()")

    assert await refused(verify(opened, codes[0])) == "challenge_invalid"
    assert not await db.fetch_value("SELECT bool_or(used_at IS NOT NULL) FROM recovery_codes")


async def test_another_users_code_fits_nowhere(member, factor, stranger):
    other = await challenges_of(stranger)
    _, codes = factor

    assert await refused(verify(other, codes[0])) == "wrong_code"


async def challenges_of(stranger):
    await turn_on(stranger, now=MONDAY)
    return await open_one(stranger)


async def test_neither_challenge_nor_recovery_code_is_stored(member, factor):
    _, codes = factor
    opened = await open_one(member)

    stored = await db.fetch(
        "SELECT token_hash AS kept FROM sign_in_challenges"
        " UNION ALL SELECT code_hash FROM recovery_codes"
    )
    plain = {opened.encode(), *(code.replace("-", "").encode() for code in codes)}
    assert not plain & {row["kept"] for row in stored}


async def test_the_trail_names_the_factor_and_the_failures(member, factor):
    _, codes = factor
    opened = await open_one(member)
    await refused(verify(opened, WRONG))
    await verify(opened, codes[0])

    rows = await db.fetch(
        """SELECT action, address, details FROM audit_entries JOIN audit_personal USING (id)
            ORDER BY sequence DESC LIMIT 3"""
    )
    assert [(row["action"], row["address"], row["details"]) for row in rows] == [
        ("user.signed_in", "192.0.2.1", {"factor": "recovery_code", "new_device": True}),
        ("user.sign_in_failed", "192.0.2.1", {"step": "proof"}),
        ("user.challenged", "192.0.2.1", {}),
    ]
