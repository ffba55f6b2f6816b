"""Rights lent to a program: no wider than their lender's, for a time, and taken back at once."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from server import db
from server.errors import CatchUpError, Forbidden, NotFound, Unauthorized
from server.lib.clock import utc_now
from server.users import api_tokens, mfa, sessions
from server.users.permissions import MEMBER, NEVER_LENT, Permission, permissions_of
from server.users.schemas_api_tokens import TokenIn, TokenRenewal
from tests.mfa import turn_on
from tests.openapi_walk import operations
from tests.owned import fingerprint, own_one_of_each
from tests.times import MONDAY

PATH = "/api/auth/tokens"
LENT = sorted(MEMBER - NEVER_LENT)


async def make(member, *scopes, now=None, permissions=MEMBER, days=90):
    data = TokenIn(name="script", scopes=scopes or ("contacts:read",), expires_in_days=days)
    return await api_tokens.create_token(member.scope, permissions, data, now=now or utc_now())


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def refused(token, *, now=MONDAY):
    with pytest.raises(Unauthorized) as error:
        await api_tokens.identify(token, now=now)
    return error.value.code


async def test_a_token_does_what_it_was_lent_and_nothing_else(client, member):
    token = (await make(member, "contacts:read")).token

    read = await client.get("/api/contacts", headers=bearer(token))
    write = await client.post("/api/contacts", headers=bearer(token), json={"name": "Ben"})
    other = await client.get("/api/groups", headers=bearer(token))

    assert (read.status_code, write.status_code, other.status_code) == (200, 403, 200)
    assert (await write.get_json())["code"] == "permission_missing"


async def test_no_token_is_wider_than_its_maker(stranger):
    with pytest.raises(Forbidden) as error:
        await make(stranger, "contacts:read", "admin:read")

    assert error.value.code == "permission_missing"


async def test_a_route_lends_only_what_the_caller_has(client, stranger):
    body = {"name": "x", "scopes": ["admin:read"]}

    assert (await client.post(PATH, headers=stranger.headers, json=body)).status_code == 403


async def test_a_token_has_no_admin_rights_once_its_user_has_no_second_factor(member):
    await turn_on(member, now=utc_now())
    token = (await make(member, "admin:read", permissions=permissions_of("admin"))).token
    before = await api_tokens.identify(token, now=utc_now())
    await mfa.reset(member.scope, by={}, now=utc_now())
    api_tokens.forget_cached()

    after = await api_tokens.identify(token, now=utc_now())

    assert before.permissions == frozenset({Permission.ADMIN_READ})
    assert not after.permissions


async def test_a_token_that_was_wider_is_not_when_its_user_lost_the_right(member):
    await turn_on(member, now=utc_now())
    token = (await make(member, "admin:read", permissions=permissions_of("admin"))).token
    before = await api_tokens.identify(token, now=utc_now())
    await db.execute("UPDATE users SET server_role = 'member'")
    api_tokens.forget_cached()

    after = await api_tokens.identify(token, now=utc_now())
    assert (before.permissions, after.permissions) == (
        frozenset({Permission.ADMIN_READ}),
        frozenset(),
    )


async def test_account_write_is_never_lent(client, member):
    body = {"name": "x", "scopes": ["account:write"]}
    reply = await client.post(PATH, headers=member.headers, json=body)

    assert reply.status_code == 400
    assert [one["field"] for one in (await reply.get_json())["errors"]] == ["scopes.0"]


async def test_account_write_is_not_there_though_a_row_says_so(member):
    token = (await make(member)).token
    await db.execute("UPDATE api_tokens SET scopes = ARRAY['account:write', 'contacts:read']")

    identity = await api_tokens.identify(token, now=utc_now())
    assert identity.permissions == {Permission.CONTACTS_READ}


async def test_with_all_that_can_be_lent_no_account_session_or_token_is_changed(client, member):
    own = await own_one_of_each(client, member)
    token = (await make(member, *LENT)).token
    tried, before = set(), await fingerprint()
    for operation in operations(client.app):
        touched = ("/api/auth/", "/api/account", "/api/invitations")
        if operation.is_public or operation.method == "GET":
            continue
        if operation.path.startswith(touched):
            reply = await operation.request(member, own).send(client, bearer(token))
            tried.add((operation.name, reply.status_code))

    assert {name for name, _ in tried} >= {"create_token", "rotate_token", "change_password"}
    assert {status for _, status in tried} == {403}
    after = await fingerprint()
    assert {name for name in after if after[name] != before[name]} <= {"api_tokens"}  # last used
    assert after["api_tokens"][0] == before["api_tokens"][0]


async def test_the_secret_is_told_once_and_kept_as_a_hash(client, member):
    body = {"name": "backup script", "scopes": ["contacts:read", "contacts:read"]}
    made = await (await client.post(PATH, headers=member.headers, json=body)).get_json()
    listed = await (await client.get(PATH, headers=member.headers)).get_json()

    rows = await db.fetch("SELECT t::text AS text FROM api_tokens t")
    assert made["token"].startswith("cut_")
    assert listed["items"][0]["scopes"] == ["contacts:read"]
    assert made["token"] not in str(listed) + str([row["text"] for row in rows])


async def test_a_token_ends_with_its_time(member):
    token = (await make(member, now=MONDAY, days=1)).token
    await api_tokens.identify(token, now=MONDAY)

    assert await refused(token, now=MONDAY + timedelta(days=1)) == "token_invalid"


async def test_a_revoked_token_is_refused_at_once(client, member):
    made = await make(member)
    await client.get("/api/contacts", headers=bearer(made.token))

    gone = await client.delete(f"{PATH}/{made.id}", headers=member.headers)
    reply = await client.get("/api/contacts", headers=bearer(made.token))

    assert (gone.status_code, reply.status_code) == (204, 401)


async def test_one_revoked_by_another_process_is_refused_within_five_seconds(member, monkeypatch):
    token = (await make(member, now=MONDAY)).token
    clock = [1000.0]
    monkeypatch.setattr(api_tokens, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    await api_tokens.identify(token, now=MONDAY)
    await db.execute("UPDATE api_tokens SET revoked_at = $1", MONDAY)

    clock[0] += sessions.CACHE_S
    assert sessions.CACHE_S <= 5
    assert await refused(token) == "token_invalid"


async def test_a_disabled_users_token_is_refused(member):
    token = (await make(member, now=MONDAY)).token
    await db.execute("UPDATE users SET disabled_at = $1", MONDAY)

    assert await refused(token) == "token_invalid"


@pytest.mark.parametrize("token", ["cut_", "cut_x", "cut_" + "x" * 5000, "cut_ÿ"])
async def test_what_is_no_token_is_refused(client, member, token):
    reply = await client.get("/api/contacts", headers=bearer(token))

    assert (reply.status_code, (await reply.get_json())["code"]) == (401, "token_invalid")


async def test_a_renewed_token_and_the_one_before_are_good_during_the_grace(member):
    made = await make(member, now=MONDAY)
    new = await api_tokens.renew_token(
        member.scope, made.id, TokenRenewal(grace_minutes=5), now=MONDAY
    )

    for token in (made.token, new.token):
        await api_tokens.identify(token, now=MONDAY + timedelta(minutes=4))
    await api_tokens.identify(new.token, now=MONDAY + timedelta(minutes=5))
    assert await refused(made.token, now=MONDAY + timedelta(minutes=5)) == "token_invalid"


async def test_without_grace_the_one_before_ends_at_once(member):
    made = await make(member, now=MONDAY)
    await api_tokens.identify(made.token, now=MONDAY)
    await api_tokens.renew_token(member.scope, made.id, TokenRenewal(grace_minutes=0), now=MONDAY)

    assert await refused(made.token) == "token_invalid"


async def test_renewed_twice_only_the_last_two_are_good(member):
    made = await make(member, now=MONDAY)
    for _ in range(2):
        await api_tokens.renew_token(member.scope, made.id, TokenRenewal(), now=MONDAY)

    assert await refused(made.token) == "token_invalid"


async def test_nobody_elses_token_is_renewed_or_revoked(member, housemate):
    made = await make(member)
    for attempt in (
        api_tokens.renew_token(housemate.scope, made.id, TokenRenewal(), now=MONDAY),
        api_tokens.revoke_token(housemate.scope, made.id, now=MONDAY),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_use_is_written_once_a_minute(member, statements):
    token = (await make(member, now=MONDAY)).token
    writes = []
    for second in (0, 30, 59, 60, 90):
        api_tokens.forget_cached()
        statements.clear()
        await api_tokens.identify(token, now=MONDAY + timedelta(seconds=second))
        writes.append(sum(one.startswith("UPDATE") for one in statements))

    assert writes == [1, 0, 0, 1, 0]


async def test_a_token_that_was_just_used_asks_the_database_nothing(member, statements):
    token = (await make(member, now=MONDAY)).token
    await api_tokens.identify(token, now=MONDAY)
    statements.clear()

    await api_tokens.identify(token, now=MONDAY)
    assert statements == []


async def test_the_fifty_first_is_refused_until_one_ends(member, monkeypatch):
    monkeypatch.setattr(api_tokens, "MOST_TOKENS", 2)
    first = await make(member)
    await make(member)
    with pytest.raises(CatchUpError) as error:
        await make(member)
    await api_tokens.revoke_token(member.scope, first.id, now=utc_now())

    assert error.value.code == "too_many_tokens"
    assert await make(member)


async def test_a_write_with_a_key_and_a_list_with_a_name_work_alike(client, member):
    headers = bearer((await make(member, "contacts:read", "contacts:write")).token)
    keyed = {**headers, "Idempotency-Key": "one"}
    first = await client.post("/api/contacts", headers=keyed, json={"name": "Ben"})
    again = await client.post("/api/contacts", headers=keyed, json={"name": "Ben"})
    listed = await client.get("/api/contacts", headers=headers)
    named = {**headers, "If-None-Match": listed.headers["ETag"]}

    assert (first.status_code, again.headers.get("Idempotency-Replayed")) == (201, "true")
    assert (await client.get("/api/contacts", headers=named)).status_code == 304


async def test_making_renewing_and_revoking_are_recorded_without_the_secret(member):
    made = await make(member)
    await api_tokens.renew_token(member.scope, made.id, TokenRenewal(), now=utc_now())
    await api_tokens.revoke_token(member.scope, made.id, now=utc_now())

    rows = await db.fetch(
        """SELECT action, details FROM audit_entries
            WHERE action LIKE 'token.%' AND subject_id = $1 ORDER BY sequence""",
        made.id,
    )
    assert [row["action"] for row in rows] == ["token.created", "token.renewed", "token.revoked"]
    assert made.token not in str([row["details"] for row in rows])
