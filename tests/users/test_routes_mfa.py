"""Second factors over HTTP, from the first sign-in of an admin on."""

import pytest

from server import db
from server.lib.clock import utc_now
from server.users import sessions
from server.users.proofs import MOST
from tests.factories import PASSWORD
from tests.mfa import STEP, code_for, mfa_words, turn_on

MFA = "/api/auth/mfa"


async def post(client, path, member=None, **body):
    headers = dict(member.headers) if member else {}
    reply = await client.post(f"/api/auth/{path}", headers=headers, json=body)
    return reply.status_code, await reply.get_json()


@pytest.fixture
async def codes(member):
    """The recovery codes of `member`, whose second factor is on."""
    return (await turn_on(member, now=utc_now()))[1]


async def test_password_and_code_sign_in(client, member):
    _, begun = await post(client, "mfa/totp", member)
    now = utc_now()
    await post(client, "mfa/totp/confirm", member, code=code_for(begun["secret"], now - STEP))

    status, opened = await post(client, "login", email=member.email, password=PASSWORD)
    verified, signed_in = await post(
        client,
        "mfa/verify",
        challenge=opened["challenge"],
        code=code_for(begun["secret"], now),
    )

    assert (status, verified, signed_in["user"]["email"]) == (202, 200, member.email)
    assert opened.keys() == {"challenge", "expires_at"}


async def test_the_secret_is_told_once(client, member, codes):
    reply = await client.get(MFA, headers=member.headers)

    assert await reply.get_json() == {
        "is_on": True,
        "is_required": True,
        "recovery_codes_left": 10,
    }


async def test_an_app_is_begun_only_by_who_has_just_proven_who_they_are(client, member):
    await db.execute("UPDATE sessions SET proven_at = NULL")
    sessions.forget_cached()

    refused = await post(client, "mfa/totp", member)
    proven = await post(client, "mfa/step-up", member, password=PASSWORD)
    begun = await post(client, "mfa/totp", member)

    assert (refused[0], refused[1]["code"]) == (403, "step_up_required")
    assert (proven[0], begun[0]) == (200, 201)


async def test_a_wrong_code_at_the_door_answers_401(client, member, codes):
    _, opened = await post(client, "login", email=member.email, password=PASSWORD)

    status, problem = await post(
        client, "mfa/verify", challenge=opened["challenge"], code="aaaa-aaaa-aaaa-aaaa"
    )

    assert (status, problem["code"]) == (401, "wrong_code")


async def test_a_wrong_code_inside_names_the_field(client, member, codes):
    status, problem = await post(client, "mfa/step-up", member, code="aaaa-aaaa-aaaa-aaaa")

    assert (status, problem["code"]) == (400, "wrong_code")
    assert problem["errors"][0]["field"] == "code"


@pytest.mark.parametrize("body", [{}, {"code": "123456", "password": PASSWORD}])
async def test_a_proof_is_one_of_two(client, member, body):
    status, problem = await post(client, "mfa/step-up", member, **body)

    assert (status, problem["errors"][0]["field"]) == (400, "body")


async def test_guesses_with_an_idempotency_key_count_too(client, member, codes):
    replies = []
    for number in range(MOST + 1):
        reply = await client.post(
            f"{MFA}/step-up",
            headers=member.headers | {"Idempotency-Key": f"guess {number}"},
            json={"code": "000000"},
        )
        replies.append(reply.status_code)

    assert replies == [400] * MOST + [429]
    assert int(reply.headers["Retry-After"]) > 800


async def test_a_member_turns_it_off(client, member):
    words = await mfa_words(member, "on")

    reply = await client.delete(f"{MFA}/totp", headers=member.headers, json=words["disable_totp"])

    status = await (await client.get(MFA, headers=member.headers)).get_json()
    assert (reply.status_code, status["is_on"]) == (204, False)


async def test_another_users_factor_is_not_touched(client, member, stranger, codes):
    reply = await client.get(MFA, headers=stranger.headers)

    assert (await reply.get_json())["is_on"] is False
