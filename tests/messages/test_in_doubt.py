"""Nobody knows whether the provider has it: it is asked before anything is sent again."""

from datetime import timedelta

import pytest

from server.integrations.channel import Accepted, Refused, Unclear
from server.messages import claiming, rules, sending
from tests.messages.boxed import message
from tests.times import MONDAY

HOUR = timedelta(hours=1)
DROPPED = (Unclear("line_dropped"), True)
LOST = (Unclear("line_dropped"), False)


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


async def test_a_provider_that_wants_to_be_left_alone_is_not_asked_either(
    with_phone, sms, write, state_of
):
    doubtful = await write(with_phone)
    sms.channel.script = [DROPPED]
    await sms.step()
    sms.channel.cannot_tell, sms.channel.ask_again_after_s = "twilio_20429", 40.0
    await sms.step(seconds=5)
    assert sms.channel.asked == 1

    sms.channel.cannot_tell = None
    another = await write(with_phone)
    for _ in range(39):
        await sms.step(seconds=1)
    assert (sms.channel.asked, sms.sent) == (1, [str(doubtful)])

    for _ in range(7):
        await sms.step(seconds=1)
    assert await state_of(doubtful) == await state_of(another) == "accepted"
    assert sms.sent == [str(doubtful), str(another)]


async def test_a_gateway_that_wants_to_be_left_alone_is_not_asked_what_it_did(
    with_phone, sms, write, state_of
):
    message_id = await write(with_phone)
    sms.channel.script = [(Unclear("http_502", 30.0), True)]

    for _ in range(30):
        await sms.step(seconds=1)
    assert sms.channel.asked == 0

    for _ in range(7):
        await sms.step(seconds=1)
    assert await state_of(message_id) == "accepted"
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
