"""Turning a second factor on and off, and proving again who one is."""

import asyncio

import pytest

from server import db
from server.errors import CatchUpError
from server.users import mfa, passwords, sessions, throttle
from server.users.mfa import BEGUN_LASTS
from server.users.permissions import ADMIN
from server.users.schemas_mfa import DisableIn, StepUpIn
from server.users.sessions import Device
from tests.factories import PASSWORD
from tests.mfa import STEP, code_for, identity_of, turn_on
from tests.times import MONDAY


@pytest.fixture
async def pair(member):
    """A session that opened on Monday, without a second factor."""
    return await sessions.open_session(member.scope, Device(), now=MONDAY)


@pytest.fixture
async def mine(member, pair):
    return await sessions.identify(pair.token, now=MONDAY)


@pytest.fixture
async def begun(member):
    return await mfa.begin_totp(member.scope, now=MONDAY)


async def confirm(identity, begun, *, now=MONDAY):
    return await mfa.confirm_totp(identity, code_for(begun.secret, now), now=now)


async def step_up(identity, *, now=MONDAY, **what):
    return await mfa.step_up(identity, StepUpIn(**what), now=now)


async def disable(identity, password, code, *, now=MONDAY):
    await mfa.disable_totp(identity, DisableIn(password=password, code=code), now=now)


async def refused(attempt):
    with pytest.raises(CatchUpError) as error:
        await attempt
    return error.value.code


async def rights(pair, now=MONDAY):
    return (await sessions.identify(pair.token, now=now)).permissions & ADMIN


async def is_on(member):
    return (await mfa.get_status(member.scope)).is_on


async def test_an_app_that_was_only_begun_is_not_in_force(member, begun):
    assert not await is_on(member)


async def test_the_first_code_turns_it_on(member, mine, begun):
    await confirm(mine, begun)

    status = await mfa.get_status(member.scope)
    assert (status.is_on, status.is_required, status.recovery_codes_left) == (True, True, 10)


async def test_a_member_need_not_have_one(stranger):
    assert not (await mfa.get_status(stranger.scope)).is_required


async def test_a_wrong_first_code_does_not(member, mine, begun):
    late = code_for(begun.secret, MONDAY + 3 * STEP)

    assert await refused(mfa.confirm_totp(mine, late, now=MONDAY)) == "wrong_code"
    assert not await is_on(member)


async def test_an_admin_gets_the_rights_with_the_first_code(member, pair, mine, begun):
    before = await rights(pair)

    await confirm(mine, begun)

    assert (before, await rights(pair)) == (frozenset(), ADMIN)


async def test_sessions_without_it_end(member, mine, begun):
    other = await sessions.open_session(member.scope, Device(), now=MONDAY)
    await sessions.identify(other.token, now=MONDAY)

    await confirm(mine, begun)

    assert await refused(sessions.identify(other.token, now=MONDAY)) == "session_ended"


async def test_beginning_again_replaces_the_secret(member, mine, begun):
    again = await mfa.begin_totp(member.scope, now=MONDAY)

    assert await refused(confirm(mine, begun)) == "wrong_code"
    await confirm(mine, again)


async def test_one_in_force_is_not_replaced_by_beginning_again(member, mine, begun):
    await confirm(mine, begun)

    assert await refused(mfa.begin_totp(member.scope, now=MONDAY)) == "mfa_on"


async def test_of_50_first_codes_at_once_one_gets_recovery_codes(member, mine, begun):
    results = await asyncio.gather(
        *(confirm(mine, begun) for _ in range(50)), return_exceptions=True
    )

    assert len([one for one in results if not isinstance(one, Exception)]) == 1
    codes = {one.code for one in results if isinstance(one, CatchUpError)}
    assert codes <= {"mfa_not_begun", "too_many_attempts"}


async def test_a_secret_that_waited_too_long_is_not_confirmed(member, mine, begun):
    late = MONDAY + BEGUN_LASTS + STEP

    assert await refused(confirm(mine, begun, now=late)) == "mfa_not_begun"


async def test_the_secret_is_sealed(begun):
    kept = await db.fetch_value("SELECT secret FROM totp_factors")

    assert begun.secret.encode() not in kept


async def test_new_recovery_codes_replace_the_old(member, mine, begun):
    old = (await confirm(mine, begun)).recovery_codes[0]

    new = (await mfa.renew_codes(member.scope, now=MONDAY)).recovery_codes[0]

    assert await refused(step_up(mine, code=old)) == "wrong_code"
    await step_up(mine, code=new)


async def test_there_are_no_recovery_codes_without_an_app(member):
    assert await refused(mfa.renew_codes(member.scope, now=MONDAY)) == "mfa_off"


async def test_turning_it_off_wants_password_and_code(member):
    identity = await identity_of(member)
    secret, _ = await turn_on(member, now=MONDAY)
    code = code_for(secret, MONDAY)

    assert await refused(disable(identity, "wrong", code)) == "wrong_password"
    assert await refused(disable(identity, PASSWORD, code_for(secret, MONDAY - STEP))) == (
        "wrong_code"
    )
    assert await is_on(member)
    await disable(identity, PASSWORD, code)
    assert not await is_on(member)


async def test_an_admin_without_it_has_no_admin_rights_any_more(member, pair, mine, begun):
    codes = (await confirm(mine, begun)).recovery_codes

    await disable(mine, PASSWORD, codes[0])

    assert await rights(pair) == frozenset()


async def test_turning_off_what_is_off_is_a_conflict(mine):
    assert await refused(disable(mine, PASSWORD, "123456")) == "mfa_off"


async def test_a_password_proves_who_has_no_second_factor(member, pair, mine):
    later = MONDAY + 100 * STEP

    proven = await step_up(mine, password=PASSWORD, now=later)

    assert proven.proven_until == later + sessions.PROOF_LASTS
    assert (await sessions.identify(pair.token, now=later)).proven_at == later


async def test_a_password_gives_an_admin_no_admin_rights(member, pair, mine):
    await step_up(mine, password=PASSWORD)

    assert await rights(pair) == frozenset()


async def test_a_password_does_not_prove_who_has_one(mine, begun):
    await confirm(mine, begun)

    assert await refused(step_up(mine, password=PASSWORD)) == "code_needed"


async def test_a_code_does_not_prove_who_has_none(mine):
    assert await refused(step_up(mine, code="123456")) == "password_needed"


async def test_a_wrong_password_proves_nothing(member, pair, mine):
    later = MONDAY + STEP

    assert await refused(step_up(mine, password="wrong", now=later)) == "wrong_password"
    assert (await sessions.identify(pair.token, now=MONDAY)).proven_at == MONDAY


async def test_a_code_proves_once_however_many_bring_it_at_once(member):
    identity = await identity_of(member)
    secret, _ = await turn_on(member, now=MONDAY)
    code = code_for(secret, MONDAY)

    results = await asyncio.gather(
        *(step_up(identity, code=code) for _ in range(50)), return_exceptions=True
    )

    assert len([one for one in results if not isinstance(one, Exception)]) == 1


async def test_guesses_of_a_password_are_limited(mine, monkeypatch):
    async def no(*_):
        return False

    monkeypatch.setattr(passwords, "check_password", no)
    tries = throttle.TRIES.count
    codes = [await refused(step_up(mine, password="wrong")) for _ in range(tries + 1)]

    assert codes == ["wrong_password"] * tries + ["too_many_tries"]


async def test_guesses_at_signing_in_do_not_lock_out_who_is_signed_in(member):
    identity = await identity_of(member)
    secret, _ = await turn_on(member, now=MONDAY)
    await db.execute(
        """INSERT INTO proof_budgets (id, household_id, user_id, purpose, attempts, last_at)
            SELECT gen_random_uuid(), household_id, id, 'sign_in', 10, $1 FROM users""",
        MONDAY,
    )

    await step_up(identity, code=code_for(secret, MONDAY))


async def test_a_reset_takes_all_of_it_and_ends_the_sessions(member):
    await turn_on(member, now=MONDAY)

    await mfa.reset(member.scope, by={"unix_user": "root"}, now=MONDAY)

    left = await mfa.get_status(member.scope)
    alive = await db.fetch_value("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
    assert (left.is_on, left.recovery_codes_left, alive) == (False, 0, 0)


async def test_a_reset_leaves_other_users_alone(member, stranger):
    await turn_on(stranger, now=MONDAY)

    await mfa.reset(member.scope, by={}, now=MONDAY)

    assert await is_on(stranger)


async def test_each_change_is_in_the_trail(member, mine, begun):
    codes = (await confirm(mine, begun)).recovery_codes
    await step_up(mine, code=codes[0])
    await refused(step_up(mine, code=codes[0]))
    await mfa.renew_codes(member.scope, now=MONDAY)
    await mfa.reset(member.scope, by={"unix_user": "root"}, now=MONDAY)

    rows = await db.fetch("SELECT action, details FROM audit_entries ORDER BY sequence OFFSET 2")
    assert [(row["action"], row["details"]) for row in rows] == [
        ("mfa.enabled", {"sessions_ended": 1}),
        ("session.proven", {"by": "recovery_code"}),
        ("session.proof_failed", {"step": "proof"}),
        ("mfa.recovery_codes_renewed", {}),
        ("mfa.reset", {"unix_user": "root", "was_on": True, "sessions_ended": 1}),
    ]


async def test_one_member_cannot_prove_with_anothers_code(member, stranger):
    _, codes = await turn_on(stranger, now=MONDAY)
    await turn_on(member, now=MONDAY)

    attempt = step_up(await identity_of(member), code=codes[0])

    assert await refused(attempt) == "wrong_code"
