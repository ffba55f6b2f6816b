"""Why a user got nothing, as an admin asks it."""

from datetime import timedelta

from server.lib.clock import utc_now
from server.lib.ids import uuid7
from tests.factories import make_member
from tests.messages.letters import TEXT, insert_letter
from tests.rows import insert_own, make


async def ask(client, member, user_id):
    return await client.get(f"/api/admin/users/{user_id}/why-silent", headers=member.headers)


async def codes(client, member, user):
    reply = await ask(client, member, user.scope.user_id)
    assert reply.status_code == 200, await reply.get_data()
    return [reason["code"] for reason in (await reply.get_json())["reasons"]]


async def test_an_admin_asks_about_anybody_and_reads_nothing_of_theirs(client, member):
    other, now = await make_member(), utc_now()
    message_id = await insert_letter(
        other, state="suppressed", suppressed_reason="no_provider", created_at=now
    )
    await make("opt_outs", other, channel="email", stopped_at=now - timedelta(days=1))
    await make("digests", other, state="nothing_to_say")
    await make("digest_schedules", other, next_at=now + timedelta(days=2))

    reply = await ask(client, member, other.scope.user_id)
    found = (await reply.get_json())["reasons"]

    assert [reason["code"] for reason in found] == [
        "preference_off", "opted_out", "no_provider", "next_digest", "suppressed", "nothing_to_say",
    ]  # fmt: skip
    assert found[4]["message_id"] == str(message_id)
    assert found[4]["sentence"] == "E-mail (digest) was not sent: no provider was set up for it."
    text = (await reply.get_data()).decode()
    assert other.email not in text
    assert TEXT not in text


async def test_nothing_of_anybody_else_is_told(client, member):
    other = await make_member()
    await insert_letter(other)
    await make("opt_outs", other, channel="email")
    await make("digests", other, state="nothing_to_say")

    found = await codes(client, member, member)

    assert not {"leaving", "waiting", "opted_out", "nothing_to_say"} & set(found)


async def test_quiet_hours_are_those_of_the_users_zone(client, member):
    hours = {"start": "00:00", "end": "23:59"}
    await insert_own("preferences", member, quiet_hours=hours)

    assert "quiet_hours" in await codes(client, member, member)


async def test_an_unknown_user_is_not_found(client, member):
    reply = await ask(client, member, uuid7())

    assert (reply.status_code, (await reply.get_json())["code"]) == (404, "not_found")


async def test_who_is_no_admin_may_not_even_ask_about_themselves(client, stranger):
    reply = await ask(client, stranger, stranger.scope.user_id)

    assert (reply.status_code, (await reply.get_json())["code"]) == (403, "permission_missing")
