"""Refresh tokens: one after the other, lost answers, thieves."""

import asyncio
from datetime import timedelta

import pytest

from server import db
from server.errors import Unauthorized
from server.keys.envelope import DecryptError
from server.users import refreshing, sessions, tokens
from server.users.refreshing import REPEAT_GRACE
from server.users.sessions import REFRESH_LIFE, SESSION_LIFE, Device
from tests.times import MONDAY

SECOND = timedelta(seconds=1)


@pytest.fixture
async def pair(member):
    """A session that opened on Monday, beside the one that `member` holds."""
    return await sessions.open_session(member.scope, Device("phone", "192.0.2.1"), now=MONDAY)


async def refused(attempt):
    with pytest.raises(Unauthorized) as error:
        await attempt
    return error.value.code


async def test_a_refresh_gives_a_new_pair_of_the_same_session(member, pair):
    scope, fresh = await refreshing.refresh(pair.refresh_token, now=MONDAY + SECOND)

    assert scope == member.scope
    assert fresh.refresh_token != pair.refresh_token
    assert (await sessions.identify(fresh.token, now=MONDAY)).session_id == (
        await sessions.identify(pair.token, now=MONDAY)
    ).session_id


async def test_a_refresh_token_is_stored_as_a_hash_only(pair):
    assert not await db.fetch_value(
        "SELECT bool_or(token_hash = $1) FROM refresh_tokens", pair.refresh_token.encode()
    )


async def test_an_answer_that_was_lost_may_be_asked_for_again(pair):
    await refreshing.refresh(pair.refresh_token, now=MONDAY)

    _, again = await refreshing.refresh(pair.refresh_token, now=MONDAY + REPEAT_GRACE)

    assert (await sessions.identify(again.token, now=MONDAY)) is not None


async def test_the_grace_is_10_seconds_from_the_first_use_not_from_the_last(pair):
    await refreshing.refresh(pair.refresh_token, now=MONDAY)
    await refreshing.refresh(pair.refresh_token, now=MONDAY + 9 * SECOND)

    assert REPEAT_GRACE == 10 * SECOND
    assert (
        await refused(refreshing.refresh(pair.refresh_token, now=MONDAY + 11 * SECOND))
        == "refresh_reused"
    )


async def test_a_reused_refresh_token_ends_the_session(pair):
    _, fresh = await refreshing.refresh(pair.refresh_token, now=MONDAY)

    await refused(refreshing.refresh(pair.refresh_token, now=MONDAY + 11 * SECOND))

    later = MONDAY + 12 * SECOND
    assert await refused(refreshing.refresh(fresh.refresh_token, now=later)) == "refresh_invalid"
    assert await refused(sessions.identify(fresh.token, now=later)) == "session_ended"


async def test_a_theft_is_in_the_audit_trail(pair):
    await refreshing.refresh(pair.refresh_token, now=MONDAY)

    await refused(refreshing.refresh(pair.refresh_token, now=MONDAY + 11 * SECOND))

    details = await db.fetch_value(
        "SELECT details FROM audit_entries WHERE action = 'session.ended'"
    )
    assert details == {"reason": "refresh_reused"}


async def test_a_chain_of_refreshes_goes_on(pair):
    token, now = pair.refresh_token, MONDAY
    for _ in range(5):
        now += timedelta(days=1)
        _, fresh = await refreshing.refresh(token, now=now)
        token = fresh.refresh_token

    assert (await sessions.identify(fresh.token, now=now)) is not None


async def test_a_refresh_makes_the_session_last_longer(pair):
    await refreshing.refresh(pair.refresh_token, now=MONDAY + timedelta(days=30))

    latest = await db.fetch_value(
        "SELECT expires_at FROM sessions ORDER BY last_used_at DESC, expires_at LIMIT 1"
    )
    assert latest >= MONDAY + timedelta(days=30)


@pytest.mark.parametrize("token", ["", "cur_unknown", "null\0byte", "x" * 200])
async def test_an_unknown_refresh_token_is_refused(database, token):
    assert await refused(refreshing.refresh(token, now=MONDAY)) == "refresh_invalid"


async def test_a_refresh_token_expires(pair):
    expired = MONDAY + REFRESH_LIFE

    assert await refused(refreshing.refresh(pair.refresh_token, now=expired)) == "refresh_invalid"


async def test_a_session_outlives_its_refresh_tokens():
    assert SESSION_LIFE >= REFRESH_LIFE


async def test_a_refresh_token_is_worth_nothing_after_logout(pair):
    await sessions.logout(await sessions.identify(pair.token, now=MONDAY), now=MONDAY)

    assert await refused(refreshing.refresh(pair.refresh_token, now=MONDAY)) == "refresh_invalid"


async def test_an_answer_asked_for_again_is_the_same_refresh_token(pair):
    _, first = await refreshing.refresh(pair.refresh_token, now=MONDAY)

    _, again = await refreshing.refresh(pair.refresh_token, now=MONDAY + REPEAT_GRACE)

    assert again.refresh_token == first.refresh_token


async def test_fifty_replays_at_once_leave_one_good_refresh_token(pair):
    replies = await asyncio.gather(
        *(refreshing.refresh(pair.refresh_token, now=MONDAY) for _ in range(50))
    )

    unused = await db.fetch_value(
        "SELECT count(*) FROM refresh_tokens WHERE session_id = $1 AND used_at IS NULL",
        (await sessions.identify(pair.token, now=MONDAY)).session_id,
    )
    assert (len({fresh.refresh_token for _, fresh in replies}), unused) == (1, 1)


async def test_a_thief_within_the_grace_shares_the_chain_and_is_found_out(pair):
    _, mine = await refreshing.refresh(pair.refresh_token, now=MONDAY)
    _, stolen = await refreshing.refresh(pair.refresh_token, now=MONDAY + 5 * SECOND)
    await refreshing.refresh(mine.refresh_token, now=MONDAY + 60 * SECOND)

    late = refreshing.refresh(stolen.refresh_token, now=MONDAY + 90 * SECOND)

    assert await refused(late) == "refresh_reused"


async def test_once_the_successor_is_used_the_token_before_it_leads_nowhere(pair):
    _, fresh = await refreshing.refresh(pair.refresh_token, now=MONDAY)
    _, newest = await refreshing.refresh(fresh.refresh_token, now=MONDAY + SECOND)

    kept = await db.fetch_value("SELECT count(successor) FROM refresh_tokens")
    again = refreshing.refresh(pair.refresh_token, now=MONDAY + 2 * SECOND)
    assert (kept, await refused(again)) == (1, "refresh_invalid")
    await refreshing.refresh(newest.refresh_token, now=MONDAY + 3 * SECOND)


async def test_nobody_reads_a_successor_with_the_database_alone(pair):
    _, fresh = await refreshing.refresh(pair.refresh_token, now=MONDAY)
    row = await db.fetch_row("SELECT * FROM refresh_tokens WHERE successor IS NOT NULL")
    assert row is not None

    with pytest.raises(DecryptError):
        tokens.open_successor(
            row["token_hash"].hex(), row["successor"], row["household_id"], row["id"]
        )
    assert fresh.refresh_token.encode() not in row["successor"]


async def test_two_refreshes_at_once_count_as_one_lost_answer(pair):
    both = await asyncio.gather(
        refreshing.refresh(pair.refresh_token, now=MONDAY),
        refreshing.refresh(pair.refresh_token, now=MONDAY),
    )

    for _, fresh in both:
        assert (await sessions.identify(fresh.token, now=MONDAY)) is not None


async def test_a_disabled_user_cannot_refresh(member, pair):
    await db.execute("UPDATE users SET disabled_at = $1", MONDAY)

    assert await refused(refreshing.refresh(pair.refresh_token, now=MONDAY)) == "refresh_invalid"


async def test_a_session_ends_a_year_after_it_began_however_it_is_used(pair):
    token = pair.refresh_token
    for days in range(50, 365, 50):
        _, fresh = await refreshing.refresh(token, now=MONDAY + timedelta(days=days))
        token = fresh.refresh_token

    last = await db.fetch_value("SELECT max(expires_at) FROM sessions WHERE user_agent = 'phone'")
    assert last == MONDAY + timedelta(days=365)
    after = MONDAY + timedelta(days=366)
    assert await refused(refreshing.refresh(token, now=after)) == "refresh_invalid"
