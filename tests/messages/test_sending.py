"""What comes of a message: each answer of a provider, and each thing that may be lost."""

import asyncio
from contextvars import Context
from datetime import timedelta

import pytest

from server import db
from server.integrations.channel import Accepted, Refused, Unclear
from server.messages import claiming, queries_sending, rules, sending
from server.messages.lane import Lane
from server.outbox.service import Cause
from tests.factories import make_member
from tests.messages.boxed import message, messages
from tests.messages.conftest import give_phone
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


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        ("UPDATE users SET disabled_at = now()", "user_disabled"),
        ("UPDATE users SET phone_verified_at = NULL", "no_phone"),
    ],
)
async def test_what_cannot_leave_says_why(with_phone, sms, write, update, reason):
    message_id = await write(with_phone)
    await db.execute(update)

    await sms.step()

    found = await message(message_id)
    assert (found.state, found.suppressed_reason) == ("suppressed", reason)
    assert sms.sent == []


async def test_without_a_provider_nothing_leaves_and_that_is_said(with_phone, sms, write):
    message_id = await write(with_phone)

    await sms.step(Lane("sms", None, clock=lambda: MONDAY))

    found = await message(message_id)
    assert (found.state, found.suppressed_reason) == ("suppressed", "no_provider")


async def test_who_said_stop_gets_no_more(with_phone, stranger, sms, write):
    await make("opt_outs", with_phone, channel="sms")
    message_id = await write(with_phone)

    await sms.step()

    assert (await message(message_id)).suppressed_reason == "stop"


async def test_the_eleventh_sms_of_an_hour_does_not_leave(with_phone, sms, write):
    ids = [await write(with_phone) for _ in range(11)]

    await sms.step()

    states = [(await message(i)).suppressed_reason for i in ids]
    assert sorted(map(str, states)) == ["None"] * 10 + ["cap"]
    late = await write(with_phone)
    await sms.step(minutes=61)
    assert (await message(late)).state == "accepted"


async def test_codes_have_a_budget_of_their_own(with_phone, sms, write):
    for _ in range(10):
        await write(with_phone)
    await sms.step()

    code = await write(with_phone, cause=Cause("account", with_phone.scope.user_id))
    await sms.step(seconds=1)

    assert (await message(code)).state == "accepted"


async def test_one_users_flood_leaves_room_for_others(with_phone, stranger, sms, write):
    await give_phone(stranger, "+4930999999")
    for _ in range(11):
        await write(with_phone)
    other = await write(stranger)

    await sms.step()

    assert (await message(other)).state == "accepted"


async def test_two_senders_at_once_find_no_place_twice(with_phone, sms, write):
    for _ in range(30):
        await write(with_phone)
    lanes = [sms.another() for _ in range(3)]

    for _ in range(8):
        await asyncio.gather(*(lane.round() for lane in lanes))
        await asyncio.gather(*(lane.drain(20) for lane in lanes))

    assert len(sms.sent) == len(set(sms.sent)) == rules.CAPS["sms"]


async def test_of_two_senders_one_looks_at_a_users_messages_at_a_time(with_phone, write):
    for _ in range(2):
        await write(with_phone)

    async def take():
        return await queries_sending.take_due("sms", is_urgent=False, now=MONDAY, limit=1)

    async with db.transaction():
        first = await take()
        elsewhere = asyncio.get_running_loop().create_task(take(), context=Context())
        second = await elsewhere

    assert (len(first), len(second)) == (1, 0)


async def test_quiet_hours_hold_it_until_they_end(with_phone, sms, write):
    await make("preferences", with_phone, quiet_hours={"start": "22:00", "end": "08:00"})
    message_id = await write(with_phone, now=MONDAY)
    sms.now = MONDAY.replace(hour=21, minute=30)  # 22:30 in Berlin

    await sms.step()
    held = await message(message_id)
    assert (held.state, held.held_reason) == ("pending", "quiet_hours")

    sms.now = held.next_attempt_at
    assert (sms.now.hour, sms.now.minute) == (7, 0)
    await sms.step()
    assert (await message(message_id)).state == "accepted"


async def test_a_code_does_not_wait_for_the_morning(with_phone, sms, write):
    await make("preferences", with_phone, quiet_hours={"start": "00:00", "end": "23:59"})
    message_id = await write(with_phone, is_urgent=True)

    await sms.step()

    assert (await message(message_id)).state == "accepted"


async def test_what_is_out_of_date_is_given_up(with_phone, sms, write):
    message_id = await write(with_phone, life=HOUR)

    await sms.step(hours=2)

    found = await message(message_id)
    assert (found.state, found.error_code) == ("failed", "expired")
    assert sms.sent == []


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


async def test_an_answer_that_was_lost_is_found_and_nothing_is_sent_twice(with_phone, sms, write):
    message_id = await write(with_phone)
    sms.channel.script = [DROPPED]

    await sms.step()
    found = await message(message_id)
    assert (found.state, found.in_doubt_since) == ("sending", MONDAY)

    await sms.step(seconds=5)
    found = await message(message_id)
    assert (found.state, found.provider_id) == ("accepted", f"P{message_id.hex}")
    assert sms.sent == [str(message_id)]


async def test_a_message_that_never_arrived_is_sent_again_once_absence_is_sure(
    with_phone, sms, write
):
    message_id = await write(with_phone)
    sms.channel.script = [LOST]

    await sms.step()
    for _ in range(30):
        await sms.step(seconds=1)
        if sms.sent:
            break

    assert sms.sent == [str(message_id)]
    assert sms.now - MONDAY >= rules.LIST_LAG
    assert (await message(message_id)).state == "accepted"


async def test_a_list_that_lags_makes_nothing_leave_twice(with_phone, sms, write):
    message_id = await write(with_phone)
    sms.channel.script = [DROPPED]
    sms.channel.is_lagging = True

    await sms.step()
    for second in range(40):
        sms.channel.is_lagging = second < 12
        await sms.step(seconds=1)

    assert sms.sent == [str(message_id)]
    assert (await message(message_id)).state == "accepted"


async def test_what_nobody_can_tell_is_parked_and_found_later(with_phone, sms, write):
    message_id = await write(with_phone)
    sms.channel.script = [DROPPED]
    sms.channel.cannot_tell = "timed_out"

    for _ in range(24):
        await sms.step(seconds=5)
    found = await message(message_id)
    assert (found.state, found.error_code) == ("unknown", "timed_out")

    sms.channel.cannot_tell = None
    await sms.step(minutes=6)
    assert (await message(message_id)).state == "accepted"
    assert sms.sent == [str(message_id)]


async def test_a_parked_message_that_was_never_there_is_sent(with_phone, sms, write, state_of):
    message_id = await write(with_phone)
    sms.channel.script = [LOST]
    sms.channel.cannot_tell = "timed_out"
    for _ in range(24):
        await sms.step(seconds=5)
    assert await state_of(message_id) == "unknown"

    sms.channel.cannot_tell = None
    await sms.step(minutes=6)
    await sms.step(seconds=1)

    assert sms.sent == [str(message_id)]
    assert await state_of(message_id) == "accepted"


async def test_nobody_asks_for_ever_about_a_parked_message(with_phone, sms, write, state_of):
    message_id = await write(with_phone, life=HOUR)
    sms.channel.script = [DROPPED]
    sms.channel.cannot_tell = "no_such_question"
    for _ in range(40):
        await sms.step(minutes=3)
    asked = sms.channel.asked

    for _ in range(5):
        await sms.step(hours=1)

    assert sms.channel.asked == asked
    assert await state_of(message_id) == "unknown"


@pytest.mark.parametrize(("state", "code"), [("delivered", None), ("failed", "30003")])
async def test_a_provider_may_know_more_than_that_it_has_it(with_phone, sms, write, state, code):
    message_id = await write(with_phone)
    sms.channel.script = [DROPPED]
    sms.channel.state = state

    await sms.step()
    await sms.step(seconds=5)

    found = await message(message_id)
    assert (found.state, found.error_code) == (state, code)
    assert (found.delivered_at is not None) == (state == "delivered")


async def begun(sms, *, at):
    """Claim what is due as a sender that dies before its call."""
    return (await claiming.claim("sms", "twilio", is_urgent=False, limit=10, now=at)).attempts


async def test_what_a_dead_sender_had_taken_is_settled_before_it_is_sent(with_phone, sms, write):
    message_id = await write(with_phone)
    await begun(sms, at=MONDAY)

    await sms.step(seconds=5)
    assert sms.channel.asked == 0  # its lease runs
    await sms.step(seconds=1)
    assert (sms.channel.asked, sms.sent) == (1, [])

    for _ in range(40):
        await sms.step(seconds=1)
    assert sms.sent == [str(message_id)]
    assert (await message(message_id)).attempts == 2


async def test_a_sender_that_lost_its_lease_decides_nothing(with_phone, sms, write, state_of):
    message_id = await write(with_phone)
    (attempt,) = await begun(sms, at=MONDAY)
    (taken,) = await claiming.take_over(
        "sms", but_not=[], limit=9, now=MONDAY + timedelta(seconds=10)
    )

    for outcome in (Refused("x", is_permanent=True), Refused("x", is_permanent=False)):
        await sending.note(attempt, outcome, now=MONDAY, jitter=0)

    assert taken.token != attempt.token
    assert await state_of(message_id) == "sending"


async def test_that_a_provider_has_it_counts_whoever_learns_it(with_phone, sms, write, state_of):
    """Else the one that took it over, and finds nothing yet, would send it again."""
    message_id = await write(with_phone)
    (attempt,) = await begun(sms, at=MONDAY)
    later = MONDAY + timedelta(seconds=10)
    (taken,) = await claiming.take_over("sms", but_not=[], limit=9, now=later)

    await sending.note(attempt, Accepted("SM1"), now=later, jitter=0)
    await sending.note(taken, Refused("x", is_permanent=False), now=later, jitter=0)

    assert await state_of(message_id) == "accepted"


async def test_a_word_of_an_attempt_before_the_last_changes_nothing(with_phone, sms, write):
    message_id = await write(with_phone)
    (first,) = await begun(sms, at=MONDAY)
    await sending.note(first, Refused("503", is_permanent=False), now=MONDAY, jitter=0)
    await begun(sms, at=MONDAY + timedelta(seconds=3))

    await sending.note(first, Accepted("SM1"), now=MONDAY, jitter=0)

    found = await message(message_id)
    assert (found.state, found.provider_id, found.attempts) == ("sending", None, 2)


async def test_a_message_of_another_provider_is_not_asked_about(with_phone, sms, write):
    message_id = await write(with_phone)
    await begun(sms, at=MONDAY)
    sms.channel.provider = "console"

    for _ in range(20):
        await sms.step(seconds=6)

    found = await message(message_id)
    assert (found.state, found.error_code) == ("unknown", "other_provider")
    assert sms.channel.asked == 0


async def test_the_same_words_twice_are_two_messages(with_phone, sms, write):
    ids = [await write(with_phone, body="Done.") for _ in range(2)]
    sms.channel.script = [(None, True), DROPPED]

    await sms.step()
    await sms.step(seconds=5)

    assert {(await message(i)).provider_id for i in ids} == {f"P{i.hex}" for i in ids}


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
