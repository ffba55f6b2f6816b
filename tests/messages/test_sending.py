"""What comes of a message: each answer of a provider, and each thing that may be lost."""

import asyncio
from datetime import timedelta

import pytest

from server import db
from server.integrations.channel import Refused, Unclear
from server.messages import inbox
from server.replies import service as replies
from tests.factories import make_member
from tests.messages.boxed import message, messages
from tests.rows import make
from tests.times import MONDAY

HOUR = timedelta(hours=1)
DROPPED = (Unclear("line_dropped"), True)
LOST = (Unclear("line_dropped"), False)


async def test_what_is_due_leaves_and_is_accepted(with_phone, sms, write):
    message_id = await write(with_phone)

    await sms.step(seconds=1)

    found = await message(message_id)
    assert sms.sent == [str(message_id)]
    assert (found.state, found.attempts, found.provider) == ("accepted", 1, "twilio")
    assert (found.provider_id, found.segments) == (f"P{message_id.hex}", 1)
    assert (found.sent_at, found.lease_token, found.error_code) == (sms.now, None, None)


async def test_the_provider_gets_the_words_and_the_address_of_the_user(with_phone, sms, write):
    await write(with_phone, body="Ben?", kind="digest")

    await sms.step()

    (outgoing,) = sms.channel.sent
    assert (outgoing.address, outgoing.text, outgoing.kind) == ("+4930123456", "Ben?", "digest")


async def test_the_address_that_it_left_for_is_kept_sealed(with_phone, sms, write):
    message_id = await write(with_phone)

    await sms.step()

    found = await message(message_id)
    assert found.address == "+4930123456"
    assert b"30123456" not in found.row["address"]


async def test_a_mail_goes_to_the_account_in_both_its_parts(member, email, write):
    await write(member, channel="email", subject="Sunday", html="<p>Ben</p>")

    await email.step()

    (outgoing,) = email.channel.sent
    assert (outgoing.address, outgoing.subject) == (member.email, "Sunday")
    assert (outgoing.text, outgoing.html) == ("Ben is due", "<p>Ben</p>")


async def test_a_code_goes_to_the_number_that_is_to_be_verified(member, sms, write):
    message_id = await write(member, address="+33612345678")

    await sms.step()

    assert sms.channel.sent[0].address == "+33612345678"
    assert (await message(message_id)).state == "accepted"


async def test_nothing_leaves_before_its_time(with_phone, sms, write):
    await write(with_phone, not_before=MONDAY + HOUR)

    await sms.step(minutes=59)
    assert sms.sent == []

    await sms.step(minutes=1)
    assert len(sms.sent) == 1


async def test_each_channel_sends_its_own(with_phone, sms, email, write):
    mail = await write(with_phone, channel="email")

    await sms.step()
    assert sms.sent == []
    await email.step()
    assert email.sent == [str(mail)]


async def test_a_refusal_for_now_is_tried_again_and_again(with_phone, sms, write):
    message_id = await write(with_phone)
    sms.channel.script = [(Refused("503", is_permanent=False), False)] * 3
    tried: list[tuple[str, int, int]] = []

    while len(tried) < 4:
        await sms.step()
        found = await message(message_id)
        tried.append((found.state, found.attempts, round((sms.now - MONDAY).total_seconds())))
        sms.now = found.next_attempt_at

    assert tried == [("pending", 1, 0), ("pending", 2, 2), ("pending", 3, 6), ("accepted", 4, 906)]
    assert sms.sent == [str(message_id)]


async def test_a_provider_is_not_called_before_it_said(with_phone, sms, write):
    message_id = await write(with_phone)
    other = await write(with_phone, not_before=MONDAY + timedelta(seconds=30))
    sms.channel.script = [(Refused("429", is_permanent=False, retry_after_s=100), False)]

    await sms.step()
    await sms.step(seconds=99)
    assert len(sms.channel.sent) == 1

    await sms.step(seconds=2)
    await sms.step(seconds=1)
    assert set(sms.sent) == {str(message_id), str(other)}


async def test_a_message_that_is_tried_until_it_expires_fails(with_phone, sms, write):
    message_id = await write(with_phone, life=timedelta(minutes=10))
    sms.channel.script = [(Refused("503", is_permanent=False), False)] * 9

    for _ in range(9):
        await sms.step()
        found = await message(message_id)
        sms.now = max(sms.now, found.next_attempt_at)

    assert (found.state, found.error_code, found.attempts) == ("failed", "expired", 3)


async def test_a_refusal_for_good_is_told_on_the_other_channel_once_a_day(with_phone, sms, write):
    await make("preferences", with_phone, sms=True)
    ids = [await write(with_phone) for _ in range(2)]
    sms.channel.script = [(Refused("21211", is_permanent=True), False)] * 2

    await sms.step()

    failed = [await message(i) for i in ids]
    assert [(f.state, f.error_code) for f in failed] == [("failed", "21211")] * 2
    (told,) = [m for m in await messages() if m.id not in ids]
    assert (told.channel, told.kind, told.state) == ("email", "undelivered", "pending")
    assert "phone number" in told.body


async def test_a_notice_that_fails_causes_no_other(with_phone, email, write):
    await make("preferences", with_phone, sms=True)
    await write(with_phone, channel="email", kind="undelivered")
    email.channel.script = [(Refused("550", is_permanent=True), False)]

    await email.step()

    assert [m.state for m in await messages()] == ["failed"]


async def test_a_provider_that_fails_is_left_alone_and_no_attempt_is_lost(
    with_phone, stranger, sms, write
):
    sms.lane._at_once = 1
    ids = [await write(with_phone) for _ in range(8)]
    sms.channel.script = [(Refused("503", is_permanent=False), False)] * 50

    for _ in range(10):
        await sms.step()
    assert len(sms.channel.sent) == 5
    assert sorted([(await message(i)).attempts for i in ids]) == [0, 0, 0, 1, 1, 1, 1, 1]

    sms.channel.script = []
    sms.pass_time(seconds=16)
    await sms.lane.round()
    assert sms.lane._room == 0  # one tries
    await sms.lane.drain(20)
    for _ in range(10):
        await sms.step(seconds=5)
    assert len(sms.sent) == 8


async def test_in_the_trial_only_one_message_is_tried(with_phone, sms, write):
    for _ in range(5):
        await write(with_phone)
    await db.execute(
        """INSERT INTO provider_breakers (id, provider, failures, open_until, changed_at)
            VALUES (gen_random_uuid(), 'twilio', 5, $1, $1)""",
        MONDAY,
    )
    lanes = [sms.another() for _ in range(3)]
    sms.channel.delay_s = 0.05

    await asyncio.gather(*(lane.round() for lane in lanes))
    await asyncio.gather(*(lane.drain(20) for lane in lanes))

    assert len(sms.sent) == 1


async def test_a_message_that_cannot_be_opened_is_given_up(with_phone, sms, write):
    message_id = await write(with_phone)
    await db.execute("UPDATE outbox_messages SET body = 'x'")

    await sms.step()

    (row,) = await db.fetch("SELECT * FROM outbox_messages WHERE id = $1", message_id)
    assert (row["state"], row["error_code"]) == ("failed", "unreadable")


async def test_many_are_in_flight_at_once_and_never_too_many(database, sms, write):
    for _ in range(4):
        member = await make_member()
        for _ in range(5):
            await write(member, channel="email")
    sender = sms.another("email")
    sender._at_once = 8
    sms.channel.delay_s = 0.02

    while len(sms.sent) < 20:
        await sms.step(sender)

    assert sms.channel.most_in_flight == 8


async def reply_by_mail(member, name):
    stored = await inbox.receive(
        member.scope,
        channel="email",
        provider="inbound",
        provider_event_id="1",
        text="help",
        mail_id=name,
        now=MONDAY,
    )
    await replies.handle_batch(now=MONDAY)
    return stored


@pytest.mark.parametrize("name", ["<1@mail.example.org>", None])
async def test_a_receipt_by_mail_names_the_mail_that_it_answers(member, email, name):
    await reply_by_mail(member, name)

    await email.step()

    (outgoing,) = email.channel.sent
    assert (outgoing.is_reply, outgoing.in_reply_to) == (True, name)


async def test_a_digest_answers_no_mail(member, email, write):
    await write(member, channel="email")

    await email.step()

    (outgoing,) = email.channel.sent
    assert (outgoing.is_reply, outgoing.in_reply_to) == (False, None)


async def test_the_name_of_a_mail_is_sealed(member):
    await reply_by_mail(member, "<1@mail.example.org>")

    assert b"mail.example.org" not in await db.fetch_value("SELECT mail_id FROM inbox_messages")
