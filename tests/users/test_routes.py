from tests.factories import PASSWORD


async def test_first_user_becomes_admin_and_owner(client):
    reply = await client.post(
        "/api/auth/register",
        json={"email": " Ana@Example.org ", "password": PASSWORD, "zone": "Europe/Berlin"},
    )

    body = await reply.get_json()
    assert reply.status_code == 201, body
    assert body["user"]["email"] == "ana@example.org"
    assert (body["user"]["server_role"], body["user"]["household_role"]) == ("admin", "owner")


async def test_signed_in_user_sees_who_they_are(client, member):
    reply = await client.get("/api/auth/me", headers=member.headers)

    assert reply.status_code == 200
    assert (await reply.get_json())["email"] == member.email
