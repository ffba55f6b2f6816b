"""STOP and START, each for the channel on which it came."""

import pytest

from server import db
from server.messages import opt_outs
from tests.replies.answering import answer
from tests.times import MONDAY


async def test_stop_ends_sms_and_is_confirmed_once(member):
    said = await answer(member, "STOP")
    again = await answer(member, "stop")

    assert said[:2] == again[:2] == ("applied", "stopped")
    assert said[2]
    assert not again[2]
    assert await opt_outs.is_stopped(member.scope, "sms")
    assert not await opt_outs.is_stopped(member.scope, "email")
    kinds = await db.fetch("SELECT kind FROM outbox_messages")
    assert [row["kind"] for row in kinds] == ["opt_out_receipt"]


async def test_stop_by_mail_ends_mails(member):
    await answer(member, "Stop.\n\n-- \nAna", channel="email")

    assert await opt_outs.is_stopped(member.scope, "email")
    assert not await opt_outs.is_stopped(member.scope, "sms")


@pytest.mark.parametrize("text", ["START", "unstop", "yes"])
async def test_start_brings_messages_back(member, text):
    await answer(member, "STOP")

    said = await answer(member, text)

    assert said[:2] == ("applied", "started")
    assert not await opt_outs.is_stopped(member.scope, "sms")


@pytest.mark.parametrize("text", ["STOP", "START"])
async def test_twilio_answers_stop_and_start_itself(member, text):
    await opt_outs.stop(member.scope, "sms", now=MONDAY)
    if text == "STOP":
        await opt_outs.start(member.scope, "sms", now=MONDAY)

    assert (await answer(member, text, provider="twilio"))[2] == ""
