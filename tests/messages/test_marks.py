"""Calls to providers that cannot be asked are marked: what was not called is sent again at once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from server import db
from server.lib.ids import uuid7
from server.messages import claiming, queries_sending, rules
from server.messages.marks import LeaseLost, Marks
from tests.messages.boxed import message
from tests.messages.conftest import Sender
from tests.times import MONDAY


@pytest.fixture
def mail(tmp_path):
    """A sender of mail whose provider nobody can ask."""
    sender = Sender(tmp_path / "mail", "email")
    sender.channel.is_marked = True
    sender.channel.cannot_tell = "told_by_events"
    return sender


async def claimed(*, is_marked=True, at=MONDAY):
    """Claim what is due as a sender that dies before its call."""
    found = await claiming.claim(
        "email", "sendgrid", is_urgent=False, limit=99, now=at, is_marked=is_marked
    )
    return found.attempts


async def uncalled(message_id):
    return (await message(message_id)).uncalled_attempt


async def test_what_was_taken_and_not_called_is_sent_once_its_lease_is_over(member, mail, write):
    message_id = await write(member, channel="email")
    await claimed()

    await mail.step(seconds=rules.LEASE.total_seconds())
    await mail.step(seconds=1)

    assert mail.sent == [str(message_id)]
    found = await message(message_id)
    assert (found.state, found.attempts, mail.channel.asked) == ("accepted", 2, 0)
    (first, _) = await db.fetch("SELECT outcome, code FROM message_attempts ORDER BY number")
    assert (first["outcome"], first["code"]) == ("again", "not_called")


async def test_what_was_called_is_parked_and_never_sent_again(member, mail, write):
    message_id = await write(member, channel="email")
    (attempt,) = await claimed()
    await Marks().mark(attempt)

    for _ in range(30):
        await mail.step(seconds=6)

    assert (await message(message_id)).state == "unknown"
    assert mail.sent == []


async def test_who_lost_the_message_may_not_call(member, mail, write):
    await write(member, channel="email")
    (attempt,) = await claimed()
    await claiming.take_over("email", but_not=[], limit=9, now=MONDAY + timedelta(seconds=10))

    with pytest.raises(LeaseLost):
        await Marks().mark(attempt)


async def test_a_sender_that_lost_its_lease_hands_nothing_over(member, mail, write, state_of):
    message_id = await write(member, channel="email")
    mail.channel.delay_before_s = 0.2
    mail.pass_time(seconds=0)
    await mail.lane.round()
    await db.execute("UPDATE outbox_messages SET lease_token = $1", uuid7())
    await mail.lane.drain(20)

    assert mail.sent == []
    assert await state_of(message_id) == "sending"


async def test_a_version_that_marks_nothing_leaves_a_doubt(member, mail, write):
    """Two versions run side by side during an upgrade, and the old one claims as it always did."""
    message_id = await write(member, channel="email")
    await claimed()
    await mail.step(seconds=6)
    assert await claimed(is_marked=False, at=mail.now)
    # As the old statement has it: it knows nothing of the column.
    await db.execute("UPDATE outbox_messages SET uncalled_attempt = 1")

    for _ in range(30):
        await mail.step(seconds=6)

    assert (await message(message_id)).state == "unknown"
    assert mail.sent == []


async def test_a_message_that_another_provider_was_to_get_is_sent_when_it_was_not_called(
    member, mail, write
):
    message_id = await write(member, channel="email")
    await claimed()
    mail.channel.provider = "smtp"

    await mail.step(seconds=6)
    await mail.step(seconds=1)

    assert mail.sent == [str(message_id)]


async def test_a_channel_that_can_be_asked_is_not_marked(with_phone, sms, write):
    message_id = await write(with_phone)
    await sms.step()

    assert sms.sent == [str(message_id)]
    assert await uncalled(message_id) is None


async def test_calls_that_begin_at_once_are_marked_by_one_statement(
    member, mail, write, statements
):
    ids = [await write(member, channel="email") for _ in range(12)]
    attempts = await claimed()
    marks = Marks()

    await asyncio.gather(*(marks.mark(attempt) for attempt in attempts))

    assert [await uncalled(message_id) for message_id in ids] == [None] * 12
    assert statements == [12] or statements == [1, 11]


@pytest.fixture
def statements(monkeypatch):
    """How many calls each statement marked."""
    sizes = []
    real = queries_sending.mark_calls_of_server

    async def counting(message_ids, tokens):
        sizes.append(len(message_ids))
        return await real(message_ids, tokens)

    monkeypatch.setattr(queries_sending, "mark_calls_of_server", counting)
    return sizes


async def test_one_lost_message_takes_no_other_with_it(member, mail, write):
    for _ in range(3):
        await write(member, channel="email")
    lost, *held = await claimed()
    marks = Marks()
    lost = replace(lost, token=uuid7())

    outcomes = await asyncio.gather(
        *(marks.mark(attempt) for attempt in (lost, *held)), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [LeaseLost, type(None), type(None)]


async def test_while_the_database_is_away_nothing_is_called(
    member, mail, write, monkeypatch, state_of
):
    message_id = await write(member, channel="email")

    async def away(message_ids, tokens):
        raise asyncpg.CannotConnectNowError("starting up")

    with monkeypatch.context() as patched:
        patched.setattr(queries_sending, "mark_calls_of_server", away)
        await mail.step()
    assert (mail.sent, await state_of(message_id)) == ([], "sending")

    await mail.step(seconds=6)
    await mail.step(seconds=1)
    assert mail.sent == [str(message_id)]


async def test_who_waits_too_long_before_the_call_was_refused_and_is_in_no_doubt(
    member, mail, write, monkeypatch
):
    message_id = await write(member, channel="email")
    monkeypatch.setattr(rules, "CALL_LIMIT_S", 0.1)
    mail.channel.delay_before_s = 5.0

    await mail.step()

    found = await message(message_id)
    assert (found.state, found.error_code, mail.sent) == ("pending", "timed_out", [])


async def test_a_call_that_takes_too_long_is_in_doubt(member, mail, write, monkeypatch):
    message_id = await write(member, channel="email")
    monkeypatch.setattr(rules, "CALL_LIMIT_S", 0.1)
    mail.channel.delay_s = 5.0

    await mail.step()

    found = await message(message_id)
    assert (found.state, found.in_doubt_since) == ("sending", MONDAY)
