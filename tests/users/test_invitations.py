"""An owner lets somebody into their household, once."""

import asyncio
from datetime import timedelta

import pytest

from server import config, db
from server.errors import BadInput, CatchUpError, Forbidden, NotFound
from server.lib.clock import utc_now
from server.users import invitations, service
from server.users.schemas import RegisterIn
from server.users.schemas_invitations import InvitationIn
from server.users.sessions import Device
from tests.factories import PASSWORD

PATH = "/api/invitations"


@pytest.fixture(autouse=True)
def by_invitation(database):
    """REGISTRATION=invite; `make_member` registers the first user only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REGISTRATION", "invite")
        config.settings.cache_clear()
        yield
    config.settings.cache_clear()


async def invite(member, *, email=None, now=None):
    data = InvitationIn(email=email)
    return await invitations.create_invitation(member.scope, data, now=now or utc_now())


async def come(token, email="ben@example.org", *, now=None):
    data = RegisterIn(email=email, password=PASSWORD, invitation=token)
    return await service.register(data, Device(), now=now or utc_now())


async def refused(token, email="ben@example.org", *, now=None):
    with pytest.raises(BadInput) as error:
        await come(token, email, now=now)
    return error.value.code


async def test_the_invited_joins_the_household_as_a_member(member):
    ben = (await come((await invite(member)).token)).user

    assert ben.household_id == member.scope.household_id
    assert (ben.household_role, ben.server_role) == ("member", "member")


async def test_nobody_comes_without_an_invitation(member):
    with pytest.raises(Forbidden) as error:
        await come(None)

    assert error.value.code == "registration_closed"


async def test_who_is_not_invited_learns_nothing_of_an_email(member):
    answers = set()
    for email in (member.email, "nobody@example.org"):
        for token in (None, "cui_unknown"):
            with pytest.raises(CatchUpError) as error:
                await come(token, email)
            answers.add((token, error.value.code, error.value.detail))

    assert len(answers) == 2


async def test_of_fifty_at_once_one_comes_in(member):
    made = await invite(member)
    data = [
        RegisterIn(email=f"ben{n}@example.org", password=PASSWORD, invitation=made.token)
        for n in range(50)
    ]

    async def use(one):
        async with db.transaction():
            return await invitations.use(one, now=utc_now())

    used = await asyncio.gather(*(use(one) for one in data), return_exceptions=True)

    assert sum(not isinstance(one, BadInput) for one in used) == 1


async def test_of_several_registrations_at_once_one_user_is_made(member):
    made = await invite(member)

    await asyncio.gather(
        *(come(made.token, f"ben{n}@example.org") for n in range(5)), return_exceptions=True
    )

    assert await db.fetch_value("SELECT count(*) FROM users") == 2


async def test_a_used_one_is_worth_nothing(member):
    made = await invite(member)
    await come(made.token)

    assert await refused(made.token, "carl@example.org") == "invitation_invalid"


async def test_one_is_good_for_seven_days(member):
    now = utc_now()
    early, late = await invite(member, now=now), await invite(member, now=now)

    await come(early.token, now=now + timedelta(days=7, seconds=-1))

    assert await refused(late.token, now=now + timedelta(days=7)) == "invitation_invalid"


async def test_a_revoked_one_is_worth_nothing(member):
    made = await invite(member)
    await invitations.revoke_invitation(member.scope, made.id, now=utc_now())

    assert await refused(made.token) == "invitation_invalid"


async def test_one_for_an_address_is_nobody_elses(member):
    made = await invite(member, email="BEN@example.org")

    assert await refused(made.token, "carl@example.org") == "invitation_invalid"
    assert (await come(made.token, " Ben@Example.org")).user.email == "ben@example.org"


async def test_one_of_who_may_not_invite_any_more_is_worth_nothing(member):
    made = await invite(member)
    await db.execute("UPDATE users SET household_role = 'member', server_role = 'member'")

    assert await refused(made.token) == "invitation_invalid"


async def test_a_taken_email_leaves_the_invitation_as_it_was(member):
    made = await invite(member)
    with pytest.raises(CatchUpError) as error:
        await come(made.token, member.email)

    assert error.value.code == "email_taken"
    await come(made.token)


async def test_one_invitation_asks_for_five_emails_at_most(member):
    made = await invite(member)
    codes = []
    for _ in range(6):
        with pytest.raises(CatchUpError) as error:
            await come(made.token, member.email)
        codes.append(error.value.code)

    assert codes == ["email_taken"] * 5 + ["too_many_tries"]


async def test_a_housemate_who_is_no_owner_may_not_invite(member, housemate):
    with pytest.raises(Forbidden) as error:
        await invite(housemate)

    assert error.value.code == "may_not_invite"


async def test_the_fifty_first_open_one_is_refused(member, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    await invite(member)
    await come((await invite(member)).token)
    await invite(member)

    with pytest.raises(CatchUpError) as error:
        await invite(member)
    assert error.value.code == "too_many_invitations"


async def test_the_token_is_told_once_and_kept_as_a_hash(client, member):
    made = await client.post(PATH, headers=member.headers, json={"email": "ben@example.org"})
    listed = await client.get(PATH, headers=member.headers)

    token = (await made.get_json())["token"]
    (shown,) = (await listed.get_json())["items"]
    rows = await db.fetch("SELECT i::text AS text FROM invitations i")
    assert (made.status_code, shown["email"], shown["used_at"]) == (201, "ben@example.org", None)
    assert token.startswith("cui_")
    assert token not in str(shown) + str([row["text"] for row in rows])


async def test_a_revoked_one_leaves_the_list(client, member):
    made = await invite(member)
    gone = await client.delete(f"{PATH}/{made.id}", headers=member.headers)
    again = await client.delete(f"{PATH}/{made.id}", headers=member.headers)

    listed = await (await client.get(PATH, headers=member.headers)).get_json()
    assert (gone.status_code, again.status_code, listed["items"]) == (204, 404, [])


async def test_a_housemate_cannot_revoke_it(member, housemate):
    made = await invite(member)

    with pytest.raises(NotFound):
        await invitations.revoke_invitation(housemate.scope, made.id, now=utc_now())


async def test_making_using_and_revoking_are_recorded(member):
    used, revoked = await invite(member), await invite(member)
    await come(used.token)
    await invitations.revoke_invitation(member.scope, revoked.id, now=utc_now())

    rows = await db.fetch(
        """SELECT action, subject_id, actor_id FROM audit_entries
            WHERE action LIKE 'invitation.%' ORDER BY sequence"""
    )
    assert [(row["action"], row["subject_id"]) for row in rows] == [
        ("invitation.created", used.id),
        ("invitation.created", revoked.id),
        ("invitation.used", used.id),
        ("invitation.revoked", revoked.id),
    ]
    assert {row["actor_id"] for row in rows} == {member.scope.user_id}
