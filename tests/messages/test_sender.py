"""The sender beside the jobs: it hears, looks, holds what it has, and survives faults."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from server import db
from server.db_connections import DatabaseAway
from server.integrations import providers
from server.lib.clock import utc_now
from server.messages import claiming, lane, rules, sender, sending
from server.outbox import queries as outbox_queries
from tests.messages.boxed import message
from tests.messages.scripted import Scripted


@pytest.fixture
def channel(tmp_path, monkeypatch):
    scripted = Scripted(tmp_path / "ledger")
    monkeypatch.setattr(
        providers, "channel_for", lambda name, _: scripted if name == "sms" else None
    )
    return scripted


@asynccontextmanager
async def running(database):
    """Run a sender that has heard and looked once."""
    async with sender.sending(database):
        await asyncio.sleep(0.2)
        yield


async def until(condition, *, limit_s=20.0):
    async with asyncio.timeout(limit_s):
        while not await condition():
            await asyncio.sleep(0.01)


def is_in(state_of, message_id, state):
    async def reached():
        return await state_of(message_id) == state

    return reached


async def test_a_new_message_leaves_as_soon_as_it_is_committed(
    with_phone, channel, write, state_of, database, monkeypatch
):
    monkeypatch.setattr(lane, "SCAN_S", 60.0)
    async with running(database):
        message_id = await write(with_phone, now=utc_now())

        await until(is_in(state_of, message_id, "accepted"), limit_s=30)


async def test_a_bell_that_nobody_hears_costs_a_scan(
    with_phone, channel, write, state_of, database, monkeypatch
):
    monkeypatch.setattr(outbox_queries, "BELL", "another_bell")
    async with running(database):
        message_id = await write(with_phone, now=utc_now())

        await until(is_in(state_of, message_id, "accepted"))


async def test_a_retry_comes_when_it_is_due_and_not_at_the_next_scan(
    with_phone, channel, write, state_of, database, monkeypatch
):
    monkeypatch.setattr(lane, "SCAN_S", 60.0)
    soon = utc_now() + timedelta(seconds=0.5)
    message_id = await write(with_phone, now=utc_now(), not_before=soon)
    async with sender.sending(database):
        await until(is_in(state_of, message_id, "accepted"), limit_s=30)

    assert (await message(message_id)).attempt_at >= soon


async def test_a_lease_is_renewed_as_long_as_a_call_goes_on(
    with_phone, channel, write, state_of, database, monkeypatch
):
    monkeypatch.setattr(rules, "LEASE", timedelta(seconds=2))
    monkeypatch.setattr(claiming, "LEASE", timedelta(seconds=2))
    monkeypatch.setattr(lane, "RENEW_S", 0.3)
    channel.delay_s = 4.0
    message_id = await write(with_phone, now=utc_now())
    async with sender.sending(database):
        await until(is_in(state_of, message_id, "sending"))
        await asyncio.sleep(3)
        taken = await claiming.take_over("sms", but_not=[], limit=9, now=utc_now())
        await until(is_in(state_of, message_id, "accepted"))

    assert taken == []
    assert channel.asked == 0


async def test_what_was_held_for_too_long_is_not_handed_over(with_phone, sms, write, state_of):
    """A process that was stopped for a while wakes up: others may look at its messages by now."""
    message_id = await write(with_phone)
    await sms.lane.round()
    (flight,) = sms.lane._flights.values()
    flight.held_until -= 60

    await sms.lane.drain(5)

    assert sms.sent == []
    assert await state_of(message_id) == "sending"


async def test_an_outcome_is_stored_once_the_database_is_back(
    with_phone, sms, write, state_of, monkeypatch
):
    noted, away = sending.note, [True, True, True]

    async def note(*args, **more):
        if away:
            away.pop()
            raise DatabaseAway("test")
        await noted(*args, **more)

    monkeypatch.setattr(sending, "note", note)
    monkeypatch.setattr(lane, "DATABASE_AWAY_S", 0.01)
    message_id = await write(with_phone)

    await sms.step()

    assert (away, await state_of(message_id)) == ([], "accepted")
    assert len(sms.sent) == 1


async def test_a_lane_that_breaks_begins_again(
    with_phone, channel, write, state_of, database, monkeypatch
):
    taken, broken = claiming.claim, [True]

    async def claim(*args, **more):
        if broken:
            broken.pop()
            raise RuntimeError("a fault of ours")
        return await taken(*args, **more)

    monkeypatch.setattr(claiming, "claim", claim)
    monkeypatch.setattr(sender, "RESTART_S", 0.05)
    with capture_logs() as lines:
        async with running(database):
            message_id = await write(with_phone, now=utc_now())
            await until(is_in(state_of, message_id, "accepted"))

    (line,) = [line for line in lines if line["event"] == "messages.lane_broken"]
    assert line["error"] == "RuntimeError"
    assert "a fault of ours" not in str(line)


async def test_it_stops_at_once_when_nothing_is_under_way(channel, database):
    async with asyncio.timeout(5):
        async with running(database):
            pass


async def test_it_stops_after_the_call_that_is_under_way(
    with_phone, channel, write, state_of, database
):
    channel.delay_s = 0.5
    message_id = await write(with_phone, now=utc_now())
    async with sender.sending(database):
        await until(is_in(state_of, message_id, "sending"))

    assert await state_of(message_id) == "accepted"


async def test_a_call_that_outlasts_the_stop_is_left_in_doubt(
    with_phone, channel, write, state_of, database, monkeypatch
):
    monkeypatch.setattr(sender, "DRAIN_S", 0.1)
    channel.delay_s = 60
    message_id = await write(with_phone, now=utc_now())
    async with sender.sending(database):
        await until(is_in(state_of, message_id, "sending"))

    assert await state_of(message_id) == "sending"
    assert channel.in_flight == 0


async def test_a_call_may_take_no_longer_than_its_limit(with_phone, sms, write, monkeypatch):
    monkeypatch.setattr(rules, "CALL_LIMIT_S", 0.05)
    sms.channel.delay_s = 60
    message_id = await write(with_phone)

    await sms.step()

    found = await message(message_id)
    assert (found.state, found.error_code) == ("sending", "timed_out")
    assert found.in_doubt_since is not None


async def test_an_idle_sender_asks_little(channel, database, statements):
    async with running(database):
        statements.clear()
        await asyncio.sleep(2 * lane.SCAN_S + 0.5)

    assert len(statements) <= 6


async def test_nothing_of_a_message_is_logged(with_phone, channel, write, state_of, database):
    with capture_logs() as lines:
        async with running(database):
            message_id = await write(with_phone, now=utc_now(), body="Ben is due")
            await until(is_in(state_of, message_id, "accepted"))

    assert "Ben" not in str(lines)
    assert "30123456" not in str(lines)


async def test_two_processes_share_the_work_and_send_nothing_twice(with_phone, sms, write):
    for n in range(10):
        await write(with_phone, dedupe_key=f"a{n}")
    lanes = [sms.another() for _ in range(4)]
    sms.channel.delay_s = 0.01

    for _ in range(5):
        await asyncio.gather(*(one.round() for one in lanes))
        await asyncio.gather(*(one.drain(5) for one in lanes))

    assert len(sms.sent) == len(set(sms.sent)) == 10
    rows = await db.fetch("SELECT DISTINCT state FROM outbox_messages")
    assert [row["state"] for row in rows] == ["accepted"]
