"""What may leave now, what waits, and what never leaves."""

import asyncio
from contextvars import Context
from datetime import timedelta

import pytest

from server import db
from server.integrations.channel import Unclear
from server.messages import queries_sending, rules
from server.messages.lane import Lane
from server.outbox.service import Cause
from tests.messages.boxed import message
from tests.messages.conftest import give_phone
from tests.rows import make
from tests.times import MONDAY

HOUR = timedelta(hours=1)
DROPPED = (Unclear("line_dropped"), True)
LOST = (Unclear("line_dropped"), False)


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
        return await queries_sending.take_due_of_server("sms", is_urgent=False, now=MONDAY, limit=1)

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
