"""Two machines that answer each other come to an end, and take nothing from their user's digest."""

from datetime import timedelta

import pytest

from server.messages import rules
from server.replies import service
from tests.messages.conftest import Sender, give_phone
from tests.replies.answering import answer, store

MOST_TURNS = 100


@pytest.fixture(params=["sms", "email"])
async def sender(request, member, tmp_path):
    if request.param == "sms":
        await give_phone(member)
    return Sender(tmp_path / "ledger", request.param)


async def talk(member, sender, text, pause, *, turns=MOST_TURNS):
    """Let a machine answer each message that reaches it; return how many did."""
    name = sender.lane.name
    for turn in range(turns):
        await store(member, text, now=sender.now, channel=name)
        await service.handle_batch(now=sender.now)
        await sender.step(seconds=pause.total_seconds())
        if len(sender.sent) == turn:
            return turn
    return turns


@pytest.mark.parametrize("text", ["help", "undo", "1 yes", "yes"])
async def test_a_fast_machine_is_left_without_an_answer(member, sender, text):
    assert await talk(member, sender, text, timedelta(seconds=1)) == rules.RECEIPT_CAPS[0]


async def test_a_slow_machine_is_left_without_an_answer_the_same_day(member, sender):
    assert await talk(member, sender, "help", timedelta(minutes=8)) == rules.RECEIPT_CAPS[1]


@pytest.mark.parametrize("text", ["I am away until Monday.", "yes no", ""])
async def test_a_machine_that_says_no_command_is_left_sooner(member, sender, text):
    assert await talk(member, sender, text, timedelta(seconds=1)) == service.MOST_UNASKED


async def test_receipts_take_no_place_from_what_the_user_waits_for(member, sender, write):
    await talk(member, sender, "help", timedelta(seconds=1))

    name = sender.lane.name
    digest = await write(member, channel=name, now=sender.now)
    await sender.step(seconds=1)

    assert sender.sent[-1] == str(digest)


async def test_a_full_hour_of_messages_leaves_room_for_a_receipt(member, sender, write):
    name = sender.lane.name
    for _ in range(rules.CAPS[name]):
        await write(member, channel=name)
    for _ in range(2):
        await sender.step()
    assert len(sender.sent) == rules.CAPS[name]

    await answer(member, "help", channel=name, now=sender.now)
    await sender.step(seconds=1)

    assert len(sender.sent) == rules.CAPS[name] + 1


async def test_who_writes_again_the_next_day_is_answered_again(member, sender):
    await talk(member, sender, "help", timedelta(minutes=8))
    sender.pass_time(days=1)

    before = len(sender.sent)

    await answer(member, "help", channel=sender.lane.name, now=sender.now)
    await sender.step(seconds=1)

    assert len(sender.sent) == before + 1
