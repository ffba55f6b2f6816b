"""Sessions over HTTP: listed, and ended, by their user only."""

import pytest

from server import db
from server.lib.clock import utc_now
from server.users import sessions
from server.users.sessions import Device

URL = "/api/auth/sessions"
ME = "/api/auth/me"


@pytest.fixture
async def phone(member):
    """A second session of `member`."""
    return await sessions.open_session(member.scope, Device("Phone", "192.0.2.7"), now=utc_now())


def bearer(pair):
    return {"Authorization": f"Bearer {pair.token}"}


async def listed(client, headers, **query):
    return await (await client.get(URL, headers=headers, query_string=query)).get_json()


async def test_the_newest_comes_first_and_ones_own_is_marked(client, member, phone):
    items = (await listed(client, member.headers))["items"]

    assert [(one["user_agent"], one["is_current"]) for one in items] == [
        ("Phone", False),
        ("", True),
    ]
    assert items[0]["address"] == "192.0.2.7"


async def test_a_long_list_comes_in_pages(client, member, phone):
    first = await listed(client, member.headers, limit=1)
    second = await listed(client, member.headers, limit=1, cursor=first["next_cursor"])

    assert (first["items"] + second["items"], second["next_cursor"]) == (
        (await listed(client, member.headers))["items"],
        None,
    )


async def test_what_has_ended_is_not_listed(client, member, phone):
    await db.execute("UPDATE sessions SET expires_at = now() WHERE user_agent = 'Phone'")

    assert len((await listed(client, member.headers))["items"]) == 1


async def test_housemates_are_not_listed(client, member, housemate):
    assert len((await listed(client, member.headers))["items"]) == 1


async def test_a_revoked_device_is_out_at_once(client, member, phone):
    await client.get(ME, headers=bearer(phone))
    session_id = (await listed(client, member.headers))["items"][0]["id"]

    reply = await client.delete(f"{URL}/{session_id}", headers=member.headers)

    assert reply.status_code == 204
    assert (await client.get(ME, headers=bearer(phone))).status_code == 401
    assert (await client.get(ME, headers=member.headers)).status_code == 200


async def test_a_revoked_devices_refresh_token_is_worth_nothing(client, member, phone):
    await client.delete(URL, headers=member.headers)

    reply = await client.post("/api/auth/refresh", json={"refresh_token": phone.refresh_token})

    assert (await reply.get_json())["code"] == "refresh_invalid"


async def test_all_others_are_signed_out_and_housemates_are_not(client, member, phone, housemate):
    await client.get(ME, headers=bearer(phone))

    reply = await client.delete(URL, headers=member.headers)

    statuses = [
        (await client.get(ME, headers=headers)).status_code
        for headers in (bearer(phone), member.headers, housemate.headers)
    ]
    assert (reply.status_code, statuses) == (204, [401, 200, 200])


async def test_a_session_that_has_ended_is_not_found(client, member, phone):
    session_id = (await listed(client, member.headers))["items"][0]["id"]
    await client.delete(f"{URL}/{session_id}", headers=member.headers)

    again = await client.delete(f"{URL}/{session_id}", headers=member.headers)

    assert again.status_code == 404


async def test_both_ways_of_ending_are_in_the_trail(client, member, phone):
    session_id = (await listed(client, member.headers))["items"][0]["id"]
    await client.delete(f"{URL}/{session_id}", headers=member.headers)
    await client.delete(URL, headers=member.headers)

    rows = await db.fetch(
        "SELECT action, actor_id, details FROM audit_entries ORDER BY sequence DESC LIMIT 2"
    )
    assert [(row["action"], row["actor_id"], row["details"]) for row in rows] == [
        ("sessions.ended", member.scope.user_id, {"reason": "revoked", "sessions_ended": 0}),
        ("session.ended", member.scope.user_id, {"reason": "revoked"}),
    ]
