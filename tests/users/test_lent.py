"""What a thief of a password has lent themselves goes with it."""

import pytest

from server.lib.clock import utc_now
from server.users import service_passwords
from tests.factories import PASSWORD

NEW_PASSWORD = "a new horse altogether"


@pytest.fixture
async def lent(client, member):
    """A token and an invitation; call it to see whether they still open anything."""
    body = {"name": "script", "scopes": ["contacts:read"]}
    token = await client.post("/api/auth/tokens", headers=member.headers, json=body)
    invitation = await client.post("/api/invitations", headers=member.headers, json={})
    headers = {"Authorization": f"Bearer {(await token.get_json())['token']}"}
    joins = {
        "email": "thief@example.org",
        "password": PASSWORD,
        "invitation": (await invitation.get_json())["token"],
    }

    async def look():
        read = await client.get("/api/contacts", headers=headers)
        joined = await client.post("/api/auth/register", json=joins)
        return read.status_code, joined.status_code

    return look


async def change(client, member, **more):
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, **more}
    return await client.post("/api/auth/change-password", headers=member.headers, json=body)


async def test_it_is_good_before(lent):
    assert await lent() == (200, 201)


async def test_a_new_password_ends_it(client, member, lent):
    assert (await change(client, member)).status_code == 204
    assert await lent() == (401, 400)


async def test_a_new_password_may_keep_it(client, member, lent):
    assert (await change(client, member, keep_tokens=True)).status_code == 204
    assert await lent() == (200, 201)


async def test_a_password_set_on_the_box_ends_it(member, lent):
    await service_passwords.reset_password(member.email, NEW_PASSWORD, now=utc_now())

    assert await lent() == (401, 400)


async def test_the_trail_says_what_ended(client, member, stranger, lent):
    await change(client, member)

    path = "/api/admin/audit?action=user.password_changed"
    (entry,) = (await (await client.get(path, headers=member.headers)).get_json())["items"]
    assert entry["details"] == {"sessions_ended": 0, "tokens_ended": 1, "invitations_ended": 1}
