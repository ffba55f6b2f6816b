import pytest

from server import db
from server.users import sessions
from tests.factories import PASSWORD

NEW_PASSWORD = "a whole new passphrase"
ME = "/api/auth/me"


async def post(client, path, body, headers=None):
    return await client.post(f"/api/auth/{path}", json=body, headers=headers or {})


async def test_first_user_becomes_admin_and_owner(client):
    reply = await post(
        client,
        "register",
        {"email": " Ana@Example.org ", "password": PASSWORD, "zone": "Europe/Berlin"},
    )

    body = await reply.get_json()
    assert reply.status_code == 201, body
    assert body["user"]["email"] == "ana@example.org"
    assert (body["user"]["server_role"], body["user"]["household_role"]) == ("admin", "owner")


async def test_signed_in_user_sees_who_they_are(client, member):
    reply = await client.get(ME, headers=member.headers)

    assert reply.status_code == 200
    assert (await reply.get_json())["email"] == member.email


async def test_signing_in_answers_a_pair_that_works(client, member):
    reply = await post(client, "login", {"email": member.email, "password": PASSWORD})

    token = (await reply.get_json())["token"]
    me = await client.get(ME, headers={"Authorization": f"Bearer {token}"})
    assert me.status_code == 200


async def test_no_answer_holds_the_password_or_its_hash(client):
    reply = await post(client, "register", {"email": "a@example.org", "password": PASSWORD})

    text = await reply.get_data(as_text=True)
    assert "argon2" not in text
    assert PASSWORD not in text


async def test_unknown_email_and_wrong_password_answer_the_same(client, member):
    unknown = await post(client, "login", {"email": "x@example.org", "password": PASSWORD})
    wrong = await post(client, "login", {"email": member.email, "password": "wrong"})

    first, second = await unknown.get_json(), await wrong.get_json()
    first.pop("request_id"), second.pop("request_id")
    assert (unknown.status_code, first) == (wrong.status_code, second)


async def test_a_taken_email_answers_409(client, member):
    reply = await post(client, "register", {"email": member.email, "password": PASSWORD})

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "email_taken")


async def test_logging_out_counts_at_once(client, member):
    await client.get(ME, headers=member.headers)

    out = await client.post("/api/auth/logout", headers=member.headers)
    after = await client.get(ME, headers=member.headers)

    assert (out.status_code, after.status_code) == (204, 401)
    assert (await after.get_json())["code"] == "session_ended"


async def test_a_refresh_token_gives_a_new_pair(client, member):
    reply = await post(client, "refresh", {"refresh_token": member.refresh_token})

    body = await reply.get_json()
    assert (reply.status_code, body["user"]["email"]) == (200, member.email)
    assert body["refresh_token"] != member.refresh_token


async def test_an_unknown_refresh_token_answers_401(client):
    reply = await post(client, "refresh", {"refresh_token": "cur_unknown"})

    assert (reply.status_code, (await reply.get_json())["code"]) == (401, "refresh_invalid")


async def test_the_password_can_be_changed(client, member):
    changed = await post(
        client,
        "change-password",
        {"current_password": PASSWORD, "new_password": NEW_PASSWORD},
        member.headers,
    )
    reply = await post(client, "login", {"email": member.email, "password": NEW_PASSWORD})

    assert (changed.status_code, reply.status_code) == (204, 200)


async def test_a_wrong_current_password_names_the_field(client, member):
    body = {"current_password": "wrong", "new_password": NEW_PASSWORD}

    reply = await post(client, "change-password", body, member.headers)

    problem = await reply.get_json()
    assert (reply.status_code, problem["code"]) == (400, "wrong_password")
    assert problem["errors"][0]["field"] == "current_password"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Bearer", "token_missing"),
        ("Bearer ", "token_missing"),
        ("Basic YW5hOnNlY3JldA==", "token_missing"),
        ("Bearer x", "token_invalid"),
        ("bearer x", "token_invalid"),
        ("Bearer " + "x" * 5000, "token_invalid"),
        ("Bearer é.é.é", "token_invalid"),
    ],
)
async def test_a_missing_or_broken_token_answers_401(client, header, code):
    headers = {} if header is None else {"Authorization": header}

    reply = await client.get(ME, headers=headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (401, code)


async def test_a_disabled_user_is_out(client, member):
    await db.execute("UPDATE users SET disabled_at = now()")
    sessions.forget_cached()

    assert (await client.get(ME, headers=member.headers)).status_code == 401


async def test_a_member_corrects_the_zone_and_nothing_else(client, member):
    before = await (await client.get(ME, headers=member.headers)).get_json()

    reply = await client.patch(ME, json={"zone": "Asia/Tokyo"}, headers=member.headers)

    after = await reply.get_json()
    assert reply.status_code == 200, after
    assert after == {**before, "zone": "Asia/Tokyo", "version": before["version"] + 1}


async def test_a_corrected_zone_counts_for_the_next_request(client, member):
    await client.patch(ME, json={"zone": "Asia/Tokyo"}, headers=member.headers)

    reply = await client.get(ME, headers=member.headers)

    assert (await reply.get_json())["zone"] == "Asia/Tokyo"


async def test_a_member_clears_the_place(client, member):
    await client.patch(ME, json={"place": "Berlin"}, headers=member.headers)

    reply = await client.patch(ME, json={"place": None}, headers=member.headers)

    assert (await reply.get_json())["place"] is None


async def test_correcting_oneself_leaves_housemates_alone(client, member, housemate):
    await client.patch(ME, json={"name": "Ana"}, headers=member.headers)

    reply = await client.get(ME, headers=housemate.headers)

    assert (await reply.get_json())["name"] == ""


async def test_an_old_etag_stops_a_correction(client, member):
    headers = member.headers | {"If-Match": '"99"'}

    reply = await client.patch(ME, json={"name": "Ana"}, headers=headers)

    assert reply.status_code == 412


async def test_the_etag_of_me_lets_a_correction_through(client, member):
    tag = (await client.get(ME, headers=member.headers)).headers["ETag"]

    reply = await client.patch(ME, json={"name": "A"}, headers=member.headers | {"If-Match": tag})

    assert reply.status_code == 200
