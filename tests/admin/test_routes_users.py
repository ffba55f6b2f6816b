"""Users as an admin sees them: found, counted, and previewed, without a word of theirs."""

from datetime import timedelta

import pytest

from server import db
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.users import sessions
from server.users.sessions import Device
from tests.factories import make_admin, make_housemate, make_member
from tests.mfa import turn_on
from tests.rows import make
from tests.times import MONDAY

USERS = "/api/admin/users"


async def get(client, member, path=USERS, **query):
    reply = await client.get(path, headers=member.headers, query_string=query or None)
    assert reply.status_code == 200, await reply.get_data()
    return await reply.get_json()


async def emails(client, member, **query):
    return [one["email"] for one in (await get(client, member, **query))["items"]]


async def set_user(member, sql):
    await db.execute(f"UPDATE users SET {sql} WHERE id = $1", member.scope.user_id)


async def test_the_newest_comes_first(client, member):
    other = await make_member()

    assert await emails(client, member) == [other.email, member.email]
    assert await emails(client, member, sort="oldest") == [member.email, other.email]


async def test_a_list_is_sorted_by_name_or_e_mail_in_any_case(client, member):
    first, second = await make_member(name="anna"), await make_member(name="Zoe")
    await set_user(member, "name = 'Mia'")
    await set_user(first, "email = 'c@example.org'")
    await set_user(second, "email = 'a@example.org'")
    await set_user(member, "email = 'b@example.org'")

    names = [one["name"] for one in (await get(client, member, sort="name"))["items"]]

    assert names == ["anna", "Mia", "Zoe"]
    assert [one[0] for one in await emails(client, member, sort="email")] == ["a", "b", "c"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "email", "name"])
async def test_pages_hold_each_user_once(client, member, sort):
    wanted = {member.email, *[(await make_member()).email for _ in range(4)]}
    await db.execute("UPDATE users SET created_at = $1, name = 'Same'", MONDAY)
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await get(client, member, sort=sort, limit=2, **cursor)
        found += [one["email"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert (len(found), set(found)) == (5, wanted)


async def test_a_cursor_of_another_order_is_refused(client, member):
    await make_member()
    page = await get(client, member, limit=1)

    reply = await client.get(
        USERS,
        headers=member.headers,
        query_string={"sort": "email", "cursor": page["next_cursor"] + "x"},
    )

    assert reply.status_code == 400


async def test_users_are_found_by_a_part_of_name_or_e_mail(client, member):
    other = await make_member(name="Jürgen Weiß_50%")

    assert await emails(client, member, q="JÜRGEN") == [other.email]
    assert await emails(client, member, q=other.email.upper()) == [other.email]
    assert await emails(client, member, q="ß_5") == [other.email]
    assert await emails(client, member, q="_") == [other.email]
    assert await emails(client, member, q="50%") == [other.email]
    assert await emails(client, member, q="nobody-here") == []


async def test_users_are_found_by_role_and_state(client, member):
    disabled, closed = await make_member(), await make_member()
    await set_user(disabled, "disabled_at = now()")
    await _close(client, member, closed)

    assert await emails(client, member, role="admin") == [member.email]
    assert await emails(client, member, state="active") == [member.email]
    assert await emails(client, member, state="disabled") == [disabled.email]
    assert await emails(client, member, state="closed") == [closed.email]


async def _close(client, admin, member):
    reply = await client.post(
        f"{USERS}/{member.scope.user_id}/erase",
        headers=admin.headers,
        json={"confirm": member.email},
    )
    assert reply.status_code == 200, await reply.get_data()


async def test_a_user_shows_what_hangs_on_them(client, member):
    other = await make_member(household_name="Lakeside")
    await make_housemate(other)
    await make("contacts", other)
    await make("invitations", other, created_at=utc_now(), expires_at=utc_now() + timedelta(days=1))
    await turn_on(other, now=utc_now())
    await db.execute(
        """INSERT INTO opt_outs (id, household_id, user_id, channel, stopped_at)
            VALUES ($1, $2, $3, 'sms', $4)""",
        uuid7(),
        other.scope.household_id,
        other.scope.user_id,
        MONDAY,
    )

    found = await get(client, member, f"{USERS}/{other.scope.user_id}")

    assert (found["household_name"], found["housemates"], found["has_mfa"]) == (
        "Lakeside",
        1,
        True,
    )
    assert (found["sessions"], found["api_tokens"], found["open_invitations"]) == (1, 0, 1)
    assert found["rows"]["contacts"] == 1
    assert found["recovery_codes_left"] == 10
    assert {one["channel"]: one["is_verified"] for one in found["channels"]} == {
        "sms": False,
        "email": True,
    }
    assert found["channels"][0]["stopped_at"].startswith("20")


async def test_an_unknown_user_is_not_found(client, member):
    for path in ("", "/sessions", "/preview?act=disable"):
        reply = await client.get(f"{USERS}/{uuid7()}{path}", headers=member.headers)
        assert reply.status_code == 404


async def test_a_member_sees_nobody(client, member):
    other = await make_member()

    for path in ("", f"/{member.scope.user_id}", f"/{other.scope.user_id}/sessions"):
        assert (await client.get(USERS + path, headers=other.headers)).status_code == 403


async def test_sessions_are_listed_newest_first_and_paged(client, member):
    other = await make_member()
    await sessions.open_session(other.scope, Device("Phone", "192.0.2.7"), now=utc_now())
    path = f"{USERS}/{other.scope.user_id}/sessions"

    first = await get(client, member, path, limit=1)
    second = await get(client, member, path, limit=1, cursor=first["next_cursor"])

    assert [one["user_agent"] for one in first["items"] + second["items"]] == ["Phone", ""]
    assert (second["next_cursor"], first["items"][0]["is_console"]) == (None, False)


@pytest.mark.parametrize(
    ("act", "touches"),
    [
        ("disable", {"sessions_ended": 1, "api_tokens": 0}),
        ("role&role=admin", {"role_changed": 1}),
        ("role&role=member", {"role_changed": 0}),
        ("reset-password", {}),
        (
            "reset-mfa",
            {"sessions_ended": 1, "factors_removed": 0, "recovery_codes_removed": 0},
        ),
        ("end-sessions", {"sessions_ended": 1}),
    ],
)
async def test_a_preview_counts_what_an_act_would_touch(client, member, act, touches):
    other = await make_member()

    found = await get(client, member, f"{USERS}/{other.scope.user_id}/preview?act={act}")

    assert (found["code"], found["touches"], found["email"]) == (None, touches, other.email)
    assert await db.fetch_value("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 2


@pytest.mark.parametrize(("mate", "fate"), [(True, "handed_over"), (False, "erased")])
async def test_a_preview_of_an_erasure_says_what_becomes_of_what_is_shared(
    client, member, mate, fate
):
    other = await make_member()
    if mate:
        await make_housemate(other)
    await make("contacts", other, visibility="household")
    await make("contacts", other, visibility="private")

    found = await get(client, member, f"{USERS}/{other.scope.user_id}/preview?act=erase")

    assert (found["touches"]["contacts"], found["touches"][f"shared_{fate}"]) == (2, 1)


async def test_a_preview_says_why_an_act_would_be_refused(client, member):
    await make_member()
    path = f"{USERS}/{member.scope.user_id}/preview"

    codes = {
        act: (await get(client, member, path, act=act, **more))["code"]
        for act, more in {
            "disable": {},
            "enable": {},
            "role": {"role": "member"},
            "erase": {},
            "restore": {},
        }.items()
    }

    assert codes == {
        "disable": "last_admin",
        "enable": "not_disabled",
        "role": "last_admin",
        "erase": "last_admin",
        "restore": "not_closed",
    }


async def test_of_two_admins_one_may_go(client, member):
    other = await make_admin()

    found = await get(client, member, f"{USERS}/{other.scope.user_id}/preview?act=disable")

    assert found["code"] is None


async def test_an_admin_invites_into_their_household(client, member):
    made = await client.post(
        "/api/admin/invitations", headers=member.headers, json={"email": "ben@example.org"}
    )
    listed = await get(client, member, "/api/admin/invitations")
    path = f"/api/admin/invitations/{listed['items'][0]['id']}"
    gone = await client.delete(path, headers=member.headers)

    assert (await made.get_json())["token"].startswith("cui_")
    assert gone.status_code == 204
    assert (await get(client, member, "/api/admin/invitations"))["items"] == []
