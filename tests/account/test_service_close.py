"""Closing an account, and opening it again."""

from datetime import timedelta

import pytest

from server import db
from server.account import service_close
from server.account.schemas import CloseIn
from server.errors import BadInput, Conflict, NotFound, Unauthorized
from server.users import refreshing, sessions
from server.users import service as users
from server.users.schemas import LoginIn, SignedIn
from server.users.sessions import Device, Identity
from tests.factories import PASSWORD, Member, make_housemate, make_member
from tests.times import MONDAY

GOODBYE = CloseIn(password=PASSWORD, pass_ownership=True)


async def identity(member: Member) -> Identity:
    session_id = await db.fetch_value(
        "SELECT id FROM sessions WHERE user_id = $1", member.scope.user_id
    )
    return Identity(member.scope, session_id, frozenset(), "UTC")


async def close(member: Member, data: CloseIn = GOODBYE):
    return await service_close.close(await identity(member), data, now=MONDAY)


async def role(member: Member) -> str:
    return str(
        await db.fetch_value("SELECT household_role FROM users WHERE id = $1", member.scope.user_id)
    )


async def test_nobody_can_sign_in_and_who_has_the_password_is_told_why(member, stranger):
    closed = await close(stranger)

    with pytest.raises(Unauthorized) as refusal:
        await users.login(LoginIn(email=stranger.email, password=PASSWORD), Device(), now=MONDAY)
    assert refusal.value.code == "account_closed"
    assert f"{closed.due_at:%Y-%m-%d}" in refusal.value.detail


async def test_who_guesses_is_not_told_that_it_is_closed(member, stranger):
    await close(stranger)

    with pytest.raises(Unauthorized) as refusal:
        await users.login(LoginIn(email=stranger.email, password="wrong one"), Device(), now=MONDAY)
    assert refusal.value.code == "login_failed"


async def test_every_session_ends_at_once(member, stranger):
    await close(stranger)

    with pytest.raises(Unauthorized):
        await sessions.identify(stranger.token, now=MONDAY)
    with pytest.raises(Unauthorized):
        await refreshing.refresh(stranger.refresh_token, now=MONDAY)


async def test_another_password_closes_nothing(member, stranger):
    with pytest.raises(BadInput) as refusal:
        await close(stranger, CloseIn(password="another one"))

    assert [field.field for field in refusal.value.fields] == ["password"]
    assert await db.fetch_value("SELECT count(*) FROM erasures") == 0


async def test_the_token_opens_it_again(member, stranger):
    closed = await close(stranger)

    restored = await service_close.restore(closed.restore_token, now=MONDAY)

    assert restored.state == "restored"
    signed_in = await users.login(
        LoginIn(email=stranger.email, password=PASSWORD), Device(), now=MONDAY
    )
    assert isinstance(signed_in, SignedIn)
    assert signed_in.user.id == stranger.scope.user_id


async def test_the_token_opens_it_once(member, stranger):
    closed = await close(stranger)
    await service_close.restore(closed.restore_token, now=MONDAY)

    with pytest.raises(Conflict) as refusal:
        await service_close.restore(closed.restore_token, now=MONDAY)
    assert refusal.value.code == "not_restorable"


async def test_another_token_opens_nothing(member, stranger):
    await close(stranger)

    with pytest.raises(NotFound):
        await service_close.restore("cur_guessed", now=MONDAY)


async def test_the_token_is_nowhere_in_the_database(member, stranger):
    closed = await close(stranger)

    kept = await db.fetch_value("SELECT string_agg(erasures::text, '') FROM erasures")
    assert closed.restore_token not in kept


async def test_who_was_disabled_meanwhile_stays_so(member, stranger):
    closed = await close(stranger)
    later = MONDAY + timedelta(hours=1)
    await db.execute(
        "UPDATE users SET disabled_at = $1 WHERE id = $2", later, stranger.scope.user_id
    )

    await service_close.restore(closed.restore_token, now=later)

    assert (
        await db.fetch_value("SELECT disabled_at FROM users WHERE id = $1", stranger.scope.user_id)
        == later
    )


async def test_the_last_admin_stays(member, stranger):
    with pytest.raises(Conflict) as refusal:
        await close(member)

    assert refusal.value.code == "last_admin"


async def test_an_admin_may_go_when_another_stays(member, stranger):
    await db.execute("UPDATE users SET server_role = 'admin'")

    assert (await close(member)).shared == "erase"


async def test_a_closed_admin_does_not_count_as_one_who_stays(member, stranger):
    await db.execute("UPDATE users SET server_role = 'admin'")
    await close(stranger)

    with pytest.raises(Conflict):
        await close(member)


async def test_the_only_owner_must_pass_the_ownership_on(member):
    owner = await make_member()
    await make_housemate(owner)

    with pytest.raises(Conflict) as refusal:
        await close(owner, CloseIn(password=PASSWORD))
    assert refusal.value.code == "last_owner"


async def test_the_member_who_has_been_there_longest_becomes_owner(member):
    owner = await make_member()
    first, second = await make_housemate(owner), await make_housemate(owner)

    closed = await close(owner)

    assert (closed.ownership_passed, closed.shared) == (True, "hand_over")
    assert (await role(first), await role(second)) == ("owner", "member")


async def test_closing_is_in_the_audit_trail(member, stranger):
    await close(stranger)

    details = await db.fetch_value(
        "SELECT details FROM audit_entries WHERE action = 'account.closed'"
    )
    assert details == {"shared": "hand_over", "ownership_passed": False}


async def test_the_console_closes_and_restores_by_e_mail(member, stranger):
    await service_close.close_for(stranger.email, shared="erase", now=MONDAY)
    with pytest.raises(Conflict) as refusal:
        await service_close.close_for(stranger.email, shared="erase", now=MONDAY)

    restored = await service_close.restore_for(stranger.email, now=MONDAY)

    assert (refusal.value.code, restored.state) == ("already_closed", "restored")


async def test_the_console_lets_the_last_user_of_all_go(member):
    assert (await service_close.preview(member.email))["is_last_user"]

    closed = await service_close.close_for(member.email, shared="erase", now=MONDAY)
    assert not closed.ownership_passed
