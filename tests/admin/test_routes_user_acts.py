"""What an admin does to a user: what it touches, what is refused, and what the trail says."""

import io
import zipfile

import pytest

from server import db
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.users import sessions
from server.users.sessions import Device
from tests.factories import PASSWORD, make_admin, make_member
from tests.mfa import turn_on
from tests.rows import make

USERS = "/api/admin/users"


@pytest.fixture
async def other(member):
    return await make_member(name="Ben")


async def act(client, admin, target, what, **body):
    path = f"{USERS}/{target.scope.user_id}/{what}"
    reply = await client.post(path, headers=admin.headers, **({"json": body} if body else {}))
    return reply.status_code, await reply.get_json()


async def login(client, member):
    body = {"email": member.email, "password": PASSWORD}
    return (await client.post("/api/auth/login", json=body)).status_code


async def newest(action):
    return await db.fetch_row(
        """SELECT actor_id, subject_id, details FROM audit_entries WHERE action = $1
            ORDER BY id DESC LIMIT 1""",
        action,
    )


async def test_who_is_disabled_is_out_at_once_and_back_when_enabled(client, member, other):
    me = "/api/auth/me"
    assert (await client.get(me, headers=other.headers)).status_code == 200

    status, done = await act(client, member, other, "disable")

    assert (status, done["touched"], done["user"]["state"]) == (
        200,
        {"sessions_ended": 1},
        "disabled",
    )
    assert (await client.get(me, headers=other.headers)).status_code == 401
    assert await login(client, other) == 401

    status, done = await act(client, member, other, "enable")

    assert (status, done["user"]["state"], await login(client, other)) == (200, "active", 200)


@pytest.mark.parametrize(("what", "action"), [("disable", "user.disabled"), ("role", None)])
async def test_the_trail_names_the_admin(client, member, other, what, action):
    await act(client, member, other, what, **({"role": "admin"} if what == "role" else {}))

    entry = await newest(action or "user.role_changed")

    assert (entry["actor_id"], entry["subject_id"]) == (
        member.scope.user_id,
        other.scope.user_id,
    )


async def test_the_only_admin_stays_one(client, member, other):
    replies = [
        await act(client, member, member, "disable"),
        await act(client, member, member, "role", role="member"),
        await act(client, member, member, "erase", confirm=member.email),
    ]

    assert [(status, body["code"]) for status, body in replies] == [(409, "last_admin")] * 3
    assert await db.fetch_value("SELECT disabled_at FROM users WHERE server_role = 'admin'") is None


async def test_a_disabled_admin_does_not_count_as_another(client, member):
    second = await make_admin()
    await act(client, member, second, "disable")

    assert (await act(client, member, member, "disable"))[1]["code"] == "last_admin"


async def test_an_act_that_is_done_already_says_so(client, member, other):
    await act(client, member, other, "disable")

    codes = [
        (await act(client, member, other, "disable"))[1]["code"],
        (await act(client, member, other, "reset-password", by="mail"))[1]["code"],
        (await act(client, member, other, "restore"))[1]["code"],
        (await act(client, member, member, "enable"))[1]["code"],
    ]

    assert codes == ["already_disabled", "user_disabled", "not_closed", "not_disabled"]


async def test_a_new_role_counts_at_once(client, member, other):
    await db.execute("UPDATE sessions SET mfa_at = now()")
    assert (await client.get(USERS, headers=other.headers)).status_code == 403

    status, done = await act(client, member, other, "role", role="admin")
    again = await act(client, member, other, "role", role="admin")

    assert (status, done["touched"], again[1]["touched"]) == (
        200,
        {"role_changed": 1},
        {"role_changed": 0},
    )
    assert (await client.get(USERS, headers=other.headers)).status_code == 200


async def test_a_link_for_a_new_password_is_told_once_and_works(client, member, other):
    status, done = await act(client, member, other, "reset-password", by="link")
    token = done["link"].partition("#")[2]
    body = {"token": token, "new_password": "another long passphrase"}

    used = await client.post("/api/auth/password-reset/confirm", json=body)

    assert (status, used.status_code, await login(client, other)) == (200, 204, 401)
    entry = await newest("user.password_reset_asked")
    assert (entry["actor_id"], entry["subject_id"]) == (member.scope.user_id, other.scope.user_id)
    assert token not in str(entry["details"])


async def test_a_mailed_link_is_not_shown_to_the_admin(client, member, other):
    status, done = await act(client, member, other, "reset-password", by="mail")

    assert (status, done["link"]) == (200, None)
    assert (
        await db.fetch_value("SELECT user_id FROM outbox_messages WHERE kind = 'password_reset'")
        == other.scope.user_id
    )


async def test_a_second_factor_is_taken_away_with_the_sessions(client, member, other):
    await turn_on(other, now=utc_now())

    status, done = await act(client, member, other, "reset-mfa")

    assert (status, done["touched"], done["user"]["has_mfa"]) == (
        200,
        {"factors_removed": 1, "sessions_ended": 1},
        False,
    )
    assert (await newest("mfa.reset"))["actor_id"] == member.scope.user_id


async def test_an_export_is_theirs_alone_and_the_trail_says_who_took_it(client, member, other):
    await make("contacts", other)
    await make("contacts", member)

    reply = await client.post(
        f"{USERS}/{other.scope.user_id}/export",
        headers=member.headers,
        json={"confirm": other.email, "format": "zip"},
    )

    names = zipfile.ZipFile(io.BytesIO(await reply.get_data())).namelist()
    entry = await newest("account.exported")
    assert (reply.status_code, "account.json" in names) == (200, True)
    assert (entry["actor_id"], entry["subject_id"]) == (member.scope.user_id, other.scope.user_id)
    assert entry["details"]["contacts"] == 1


@pytest.mark.parametrize("what", ["export", "erase"])
async def test_the_wrong_e_mail_typed_does_nothing(client, member, other, what):
    status, body = await act(client, member, other, what, confirm=member.email)

    assert (status, body["code"]) == (400, "confirm_mismatch")
    assert await newest("account.exported") is None
    assert await db.fetch_value("SELECT count(*) FROM erasures") == 0


async def test_a_closed_account_waits_for_its_end_and_can_be_restored(client, member, other):
    status, closed = await act(client, member, other, "erase", confirm=other.email)
    refused = await act(client, member, other, "enable")
    again = await act(client, member, other, "erase", confirm=other.email)
    _, restored = await act(client, member, other, "restore")

    assert (status, closed["user"]["state"]) == (200, "closed")
    assert closed["user"]["erased_from"] > closed["user"]["disabled_at"]
    assert (refused[1]["code"], again[1]["code"]) == ("account_closed", "already_closed")
    assert (restored["user"]["state"], await login(client, other)) == ("active", 200)


async def test_who_was_disabled_before_stays_so_after_a_restore(client, member, other):
    await act(client, member, other, "disable")
    await act(client, member, other, "erase", confirm=other.email)

    _, restored = await act(client, member, other, "restore")

    assert restored["user"]["state"] == "disabled"


async def test_one_device_or_all_are_signed_out(client, member, other):
    pair = await sessions.open_session(other.scope, Device("Phone"), now=utc_now())
    path = f"{USERS}/{other.scope.user_id}/sessions"
    listed = await (await client.get(path, headers=member.headers)).get_json()

    one = await client.delete(f"{path}/{listed['items'][0]['id']}", headers=member.headers)
    again = await client.delete(f"{path}/{listed['items'][0]['id']}", headers=member.headers)
    left = await client.get("/api/auth/me", headers=other.headers)
    rest = await client.delete(path, headers=member.headers)

    assert pair.token
    assert (one.status_code, again.status_code, left.status_code) == (200, 404, 200)
    assert (await rest.get_json())["touched"] == {"sessions_ended": 1}
    assert (await newest("session.ended"))["actor_id"] == member.scope.user_id
    assert (await newest("sessions.ended"))["details"]["reason"] == "revoked_by_admin"


async def test_a_session_of_another_user_is_not_theirs(client, member, other):
    mine = await db.fetch_value("SELECT id FROM sessions WHERE user_id = $1", member.scope.user_id)

    reply = await client.delete(
        f"{USERS}/{other.scope.user_id}/sessions/{mine}", headers=member.headers
    )

    assert reply.status_code == 404


@pytest.mark.parametrize(
    "what", ["disable", "enable", "role", "reset-password", "reset-mfa", "restore"]
)
async def test_an_unknown_user_is_not_found(client, member, what):
    body = {"role": {"role": "admin"}, "reset-password": {"by": "mail"}}.get(what)
    more = {"json": body} if body else {}

    reply = await client.post(f"{USERS}/{uuid7()}/{what}", headers=member.headers, **more)

    assert reply.status_code == 404


async def test_a_member_does_nothing_to_anybody(client, member, other):
    assert (await act(client, other, member, "disable"))[0] == 403
    assert (await act(client, other, other, "role", role="admin"))[0] == 403
