from datetime import timedelta
from uuid import UUID

import pytest

from server import db
from server.errors import Unauthorized
from server.keys import server_keys
from server.keys.server_keys import SigningKeys
from server.users import access_tokens, sessions, tokens
from server.users.sessions import (
    CACHE_S,
    USE_NOTED,
    Device,
)
from tests.times import MONDAY

SECOND = timedelta(seconds=1)


@pytest.fixture
async def pair(member):
    """A session that opened on Monday, beside the one that `member` holds."""
    async with db.transaction():
        return await sessions.open_session(member.scope, Device("phone", "192.0.2.1"), now=MONDAY)


async def refused(attempt):
    with pytest.raises(Unauthorized) as error:
        await attempt
    return error.value.code


async def test_a_token_says_who_calls(member, pair):
    identity = await sessions.identify(pair.token, now=MONDAY)

    assert identity.scope == member.scope


async def test_a_token_ends_with_its_session(member, pair):
    identity = await sessions.identify(pair.token, now=MONDAY)

    await sessions.logout(identity, now=MONDAY)

    assert await refused(sessions.identify(pair.token, now=MONDAY)) == "session_ended"


async def test_a_session_ends_by_itself(member, pair):
    await db.execute("UPDATE sessions SET expires_at = $1", MONDAY + SECOND)

    assert await refused(sessions.identify(pair.token, now=MONDAY + SECOND)) == "session_ended"


async def test_logging_out_leaves_other_sessions_alone(member, pair):
    other = await sessions.open_session(member.scope, Device(), now=MONDAY)
    identity = await sessions.identify(pair.token, now=MONDAY)

    await sessions.logout(identity, now=MONDAY)

    assert (await sessions.identify(other.token, now=MONDAY)).scope == member.scope


async def test_a_known_session_costs_no_statement(member, pair, statements):
    await sessions.identify(pair.token, now=MONDAY)

    statements.clear()
    await sessions.identify(pair.token, now=MONDAY)

    assert len(statements) == 0


async def test_a_session_ended_elsewhere_is_noticed_within_5_seconds(member, pair, monkeypatch):
    await sessions.identify(pair.token, now=MONDAY)
    await db.execute("UPDATE sessions SET revoked_at = $1, revoked_reason = 'logout'", MONDAY)
    assert CACHE_S <= 5

    monkeypatch.setattr(sessions, "CACHE_S", 0.0)

    assert await refused(sessions.identify(pair.token, now=MONDAY)) == "session_ended"


async def test_a_token_for_another_users_session_is_refused(member, stranger, pair, monkeypatch):
    expires = int((MONDAY + SECOND).timestamp())
    claims = tokens.Claims(stranger.scope.user_id, await session_of(member), expires)
    monkeypatch.setattr(tokens, "read_access_token", lambda *_, **__: claims)

    assert await refused(sessions.identify("forged", now=MONDAY)) == "token_invalid"


async def test_a_token_that_was_good_a_moment_ago_expires_all_the_same(member, pair):
    await sessions.identify(pair.token, now=MONDAY)

    late = sessions.identify(pair.token, now=pair.expires_at)

    assert await refused(late) == "token_expired"


async def test_a_token_is_verified_once_while_the_keys_are_the_same(member, pair, monkeypatch):
    await sessions.identify(pair.token, now=MONDAY)
    monkeypatch.setattr(tokens, "read_access_token", None)

    identity = await sessions.identify(pair.token, now=MONDAY)

    assert identity.scope == member.scope


async def test_a_key_that_goes_takes_the_tokens_with_it_that_it_verified(member, pair, monkeypatch):
    await sessions.identify(pair.token, now=MONDAY)
    other = SigningKeys({UUID(int=1): bytes(32)}, UUID(int=1))
    monkeypatch.setattr(server_keys, "signing_keys", lambda **_: returned(other))

    monkeypatch.setattr(access_tokens, "CACHE_S", 0.0)

    assert await refused(sessions.identify(pair.token, now=MONDAY)) == "token_invalid"


async def returned(value):
    return value


async def session_of(member):
    return await db.fetch_value(
        "SELECT id FROM sessions WHERE user_id = $1 ORDER BY created_at LIMIT 1",
        member.scope.user_id,
    )


async def test_the_use_of_a_session_is_noted_each_quarter_of_an_hour(member, pair, statements):
    later = MONDAY + USE_NOTED + SECOND
    for now in (MONDAY + USE_NOTED, later, later + SECOND):
        sessions.forget_cached()
        await sessions.identify(pair.token, now=now)

    noted = [sql for sql in statements if sql.startswith("UPDATE sessions")]
    found = await db.fetch_value("SELECT last_used_at FROM sessions WHERE created_at = $1", MONDAY)
    assert (len(noted), found) == (1, later)


async def test_a_disabled_users_token_is_worth_nothing(member, pair):
    await db.execute("UPDATE users SET disabled_at = $1", MONDAY)

    assert await refused(sessions.identify(pair.token, now=MONDAY)) == "session_ended"


async def test_logging_out_twice_is_recorded_once(pair):
    identity = await sessions.identify(pair.token, now=MONDAY)
    await sessions.logout(identity, now=MONDAY)

    await sessions.logout(identity, now=MONDAY)

    assert (
        await db.fetch_value("SELECT count(*) FROM audit_entries WHERE action = 'session.ended'")
        == 1
    )
