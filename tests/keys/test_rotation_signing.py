import time
from datetime import timedelta

import pytest

from server import config, db
from server.audit import service as audit
from server.audit import service_verify
from server.errors import Conflict, NotFound, Unauthorized
from server.keys import server_keys, service_rotation, service_signing
from server.keys.rotation_rules import SIGNING_SETTLE, TOKEN_SLACK
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.users import access_tokens, refreshing, sessions, tokens
from tests.keys.sealed_rows import finish
from tests.times import MONDAY


async def active_id(purpose="jwt"):
    return await db.fetch_value(
        "SELECT id FROM key_ring WHERE purpose = $1 AND state = 'active'", purpose
    )


async def state_of(key_id):
    return await db.fetch_value("SELECT state FROM key_ring WHERE id = $1", key_id)


async def rotate(now):
    await service_rotation.begin("jwt", now=now)
    return await finish(now)


async def kid_of_a_new_token(member):
    sessions.forget_cached()
    _, pair = await refreshing.refresh(member.refresh_token, now=utc_now())
    keys = await server_keys.signing_keys(now=utc_now())
    return next(
        key_id
        for key_id, key in keys.keys.items()
        if not tokens.names_unknown_key(server_keys.SigningKeys({key_id: key}, key_id), pair.token)
    )


async def test_new_tokens_are_signed_with_the_new_key(member):
    old = await active_id()

    await rotate(utc_now())

    assert await kid_of_a_new_token(member) == await active_id() != old


async def test_a_token_of_before_goes_on(member):
    await rotate(utc_now())
    sessions.forget_cached()

    identity = await sessions.identify(member.token, now=utc_now())

    assert identity.scope == member.scope


async def test_the_new_key_does_not_sign_before_every_process_reads_it(member):
    old = await active_id()
    await service_rotation.begin("jwt", now=MONDAY)

    await service_rotation.advance(now=MONDAY + SIGNING_SETTLE - timedelta(seconds=1))

    assert await active_id() == old


async def test_an_old_key_verifies_until_its_last_token_has_expired(member):
    old = await active_id()
    now = await rotate(MONDAY)
    life = timedelta(seconds=config.settings().access_token_s)

    await service_signing.retire_expired(now=now + life)
    assert await state_of(old) == "retiring"

    await service_signing.retire_expired(now=now + life + 2 * TOKEN_SLACK)
    assert await state_of(old) == "retired"


async def test_a_revoked_keys_tokens_are_refused(member):
    await service_signing.revoke(await active_id(), now=utc_now())
    sessions.forget_cached()

    with pytest.raises(Unauthorized) as refused:
        await sessions.identify(member.token, now=utc_now())

    assert refused.value.code == "token_invalid"


async def test_a_revoked_keys_tokens_are_refused_within_5_s_where_they_were_accepted(
    member, monkeypatch
):
    await sessions.identify(member.token, now=utc_now())
    await service_signing.revoke(await active_id(), now=utc_now())
    clock = time.monotonic() + 5.1
    monkeypatch.setattr(time, "monotonic", lambda: clock)

    with pytest.raises(Unauthorized):
        await sessions.identify(member.token, now=utc_now())


async def test_whoever_held_a_revoked_keys_token_stays_signed_in(member):
    await service_signing.revoke(await active_id(), now=utc_now())
    sessions.forget_cached()

    _, pair = await refreshing.refresh(member.refresh_token, now=utc_now())

    assert (await sessions.identify(pair.token, now=utc_now())).scope == member.scope


async def test_a_process_that_does_not_know_a_new_key_yet_looks_again(member, monkeypatch):
    await sessions.identify(member.token, now=utc_now())
    known = access_tokens._keys[:]
    await service_signing.revoke(await active_id(), now=utc_now())
    sessions.forget_cached()
    _, pair = await refreshing.refresh(member.refresh_token, now=utc_now())
    access_tokens._keys[:] = [(known[0][0] - 2, known[0][1])]

    identity = await sessions.identify(pair.token, now=utc_now())

    assert identity.scope == member.scope


async def test_made_up_keys_are_looked_for_once_a_second(member, statements):
    await sessions.identify(member.token, now=utc_now())
    made_up = server_keys.SigningKeys({(key_id := uuid7()): bytes(32)}, key_id)
    token, _ = tokens.make_access_token(
        made_up,
        user_id=member.scope.user_id,
        session_id=uuid7(),
        now=utc_now(),
        life_s=60,
    )
    statements.clear()

    for _ in range(20):
        with pytest.raises(Unauthorized):
            await sessions.identify(token, now=utc_now())

    assert len(statements) <= 1


async def test_a_key_that_waits_to_sign_may_be_revoked(member):
    await service_rotation.begin("jwt", now=MONDAY)
    waiting = await db.fetch_value("SELECT id FROM key_ring WHERE state = 'readable'")

    await service_signing.revoke(waiting, now=MONDAY)
    await finish(MONDAY)

    assert await state_of(waiting) == "revoked"
    assert await active_id() is not None


async def test_only_signing_keys_are_revoked(member):
    with pytest.raises(Conflict) as refused:
        await service_signing.revoke(await active_id("audit"), now=MONDAY)

    assert refused.value.code == "not_a_signing_key"


async def test_a_key_is_revoked_once(member):
    key_id = await active_id()
    await service_signing.revoke(key_id, now=MONDAY)

    with pytest.raises(Conflict) as refused:
        await service_signing.revoke(key_id, now=MONDAY)

    assert refused.value.code == "key_ended"


async def test_an_unknown_key_is_not_found(database):
    with pytest.raises(NotFound):
        await service_signing.revoke(uuid7(), now=MONDAY)


async def test_revocation_is_in_the_servers_trail(member):
    key_id = await active_id()

    await service_signing.revoke(key_id, actor_id=member.scope.user_id, now=MONDAY)

    row = await db.fetch_row(
        "SELECT actor_id, subject_id, details FROM audit_entries WHERE action = 'key.revoked'"
    )
    assert row is not None
    assert (row["actor_id"], row["subject_id"]) == (member.scope.user_id, key_id)


async def test_the_trail_verifies_across_a_new_audit_key(member):
    before = await active_id("audit")
    await audit.record(audit.SERVER_CHAIN, "x", actor_id=None, now=MONDAY)

    await service_rotation.begin("audit", now=MONDAY)
    await audit.record(audit.SERVER_CHAIN, "y", actor_id=None, now=MONDAY)

    hashes = await db.fetch(
        "SELECT hash FROM audit_entries WHERE action IN ('x', 'y') ORDER BY sequence"
    )
    assert [row["hash"][:16] == before.bytes for row in hashes] == [True, False]
    assert (await service_verify.verify_chain(audit.SERVER_CHAIN)).flaw is None
