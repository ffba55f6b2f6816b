"""What a route may demand beyond a permission: a second factor of admins, a fresh proof."""

import pytest

from server import db
from server.app import create_app
from server.lib.clock import utc_now
from server.users import api_tokens, sessions
from server.users.guards import requires
from server.users.permissions import ADMIN, NEVER_LENT, Permission
from server.users.schemas_api_tokens import TokenIn
from server.users.sessions import PROOF_LASTS
from tests.mfa import turn_on
from tests.openapi_walk import operations
from tests.owned import fingerprint, own_one_of_each

# What cannot be taken back, and what lasts longer than a stolen session would (ADR 0021).
WANT_A_FRESH_PROOF = {
    "abort_job",
    "abort_jobs",
    "begin_totp",
    "close_account",
    "disable_user",
    "enable_user",
    "end_user_session",
    "end_user_sessions",
    "erase_user",
    "export_user",
    "invite",
    "reset_user_mfa",
    "reset_user_password",
    "restore_user",
    "set_user_role",
    "create_invitation",
    "create_token",
    "export_account",
    "forget_job",
    "forget_jobs",
    "renew_recovery_codes",
    "retire_key",
    "revoke_key",
    "revoke_other_sessions",
    "revoke_session",
    "rotate_keys",
    "rotate_token",
}


@pytest.fixture
def client(database):
    app = create_app(database)

    @app.get("/api/keys")
    @requires(Permission.ADMIN_READ)
    async def keys() -> str:
        return "done"

    @app.post("/api/erase")
    @requires(Permission.ACCOUNT_WRITE, step_up=True)
    async def erase() -> str:
        return "done"

    return app.test_client()


async def code_of(reply):
    found = await reply.get_json(silent=True) or {}
    return reply.status_code, found.get("code")


async def change_sessions(sql, *values):
    await db.execute(f"UPDATE sessions SET {sql}", *values)
    sessions.forget_cached()


async def test_an_admin_with_a_second_factor_has_the_rights(client, member):
    assert await code_of(await client.get("/api/keys", headers=member.headers)) == (200, None)


async def test_an_admin_without_one_is_told_what_is_missing(client, member):
    await change_sessions("mfa_at = NULL")

    reply = await client.get("/api/keys", headers=member.headers)

    assert "/api/auth/mfa/totp" in (await reply.get_json())["detail"]
    assert await code_of(reply) == (403, "mfa_required")


async def test_an_admin_without_one_remains_a_member(client, member):
    await change_sessions("mfa_at = NULL")

    assert (await client.get("/api/contacts", headers=member.headers)).status_code == 200


async def test_a_member_gets_no_admin_rights_by_a_second_factor(client, member, stranger):
    await change_sessions("mfa_at = now()")

    reply = await client.get("/api/keys", headers=stranger.headers)

    assert await code_of(reply) == (403, "permission_missing")


async def test_a_proof_just_made_lets_through(client, member):
    assert (await client.post("/api/erase", headers=member.headers)).status_code == 200


@pytest.mark.parametrize("proven_at", ["NULL", "now() - $1::interval - interval '1 second'"])
async def test_an_old_proof_or_none_does_not(client, member, proven_at):
    values = [PROOF_LASTS] if "$1" in proven_at else []
    await change_sessions(f"proven_at = {proven_at}", *values)

    reply = await client.post("/api/erase", headers=member.headers)

    assert await code_of(reply) == (403, "step_up_required")


async def test_a_stored_reply_is_not_replayed_to_who_has_not_proven_it_again(client, member):
    headers = member.headers | {"Idempotency-Key": "erase"}
    await client.post("/api/erase", headers=headers)
    await change_sessions("proven_at = NULL")

    reply = await client.post("/api/erase", headers=headers)

    assert await code_of(reply) == (403, "step_up_required")


async def test_what_an_admin_lacks_is_withheld_and_not_lost(member):
    await change_sessions("mfa_at = NULL")
    now = await db.fetch_value("SELECT now()")

    identity = await sessions.identify(member.token, now=now)

    assert identity.withheld == ADMIN
    assert not identity.permissions & ADMIN


def wanting_proof(app):
    return [one for one in operations(app) if one.spec.get("x-step-up")]


async def test_these_acts_want_a_fresh_proof_and_no_others(client):
    assert {one.name for one in wanting_proof(client.app)} - {"erase"} == WANT_A_FRESH_PROOF


async def test_none_of_them_is_done_on_an_old_proof(client, member):
    own = await own_one_of_each(client, member)
    await change_sessions("proven_at = NULL")
    before = await fingerprint()

    found = {
        one.name: await code_of(await one.request(member, own).send(client, member.headers))
        for one in wanting_proof(client.app)
    }

    assert set(found.values()) == {(403, "step_up_required")}
    assert await fingerprint() == before


async def test_an_api_token_does_none_of_them_whatever_it_was_lent(client, member):
    await turn_on(member, now=utc_now())
    own = await own_one_of_each(client, member)
    lent = sorted(set(Permission) - NEVER_LENT)
    data = TokenIn(name="script", scopes=lent)
    made = await api_tokens.create_token(member.scope, frozenset(Permission), data, now=utc_now())
    headers = {"Authorization": f"Bearer {made.token}"}

    found = {
        await code_of(await one.request(member, own).send(client, headers))
        for one in wanting_proof(client.app)
    }

    assert found <= {(403, "session_required"), (403, "permission_missing")}
    assert (403, "session_required") in found
