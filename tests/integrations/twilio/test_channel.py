import logging
import socket
from dataclasses import replace

import pytest

from server.integrations.channel import Accepted, Refused, Unclear
from server.integrations.twilio import codes
from server.integrations.twilio.channel import TwilioChannel
from tests.fakes.http import Reply
from tests.fakes.twilio import ACCOUNT, NUMBER, SERVICE, TOKEN
from tests.integrations.outgoing import MESSAGE, SMS
from tests.times import MONDAY

LONG = replace(SMS, text="ä" * 200)


def channel_to(url, **given):
    own = {"number": NUMBER, "service_sid": None} | given
    return TwilioChannel(ACCOUNT, TOKEN, base_url=url, **own)


async def test_what_twilio_takes_is_on_its_ledger_under_the_id_that_we_get(twilio, channel):
    accepted = await channel.send(SMS)

    (entry,) = twilio.accepted
    assert accepted == Accepted(entry.id, segments=1, cost_micros=None)
    assert (entry.to, entry.text) == (SMS.address, SMS.text)


async def test_a_text_of_several_sms_says_how_many(channel):
    assert (await channel.send(LONG)).segments == 2


async def test_the_status_address_carries_the_message(twilio):
    async def status_url(message_id):
        return f"https://catchup.example.org/status?message={message_id}&mac=m"

    channel = channel_to(twilio.url, status_url=status_url)
    await channel.send(SMS)
    await channel.close()

    assert [entry.message for entry in twilio.accepted] == [str(MESSAGE)]
    assert twilio.callback_urls == [await status_url(MESSAGE)]


async def test_a_messaging_service_beats_the_number(twilio):
    channel = channel_to(twilio.url, number="+14155550199", service_sid=SERVICE)
    outcome = await channel.send(SMS)
    await channel.close()

    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("throttle", {"retry_after": "7"}, Refused("twilio_20429", False, 7.0)),
        ("throttle", {}, Refused("twilio_20429", False, None)),
        ("error", {}, Refused("twilio_20500", False, None)),
        ("unavailable", {"retry_after": "30"}, Refused("twilio_20503", False, 30.0)),
        ("refuse", {"code": 20003}, Refused("twilio_20003", False, None)),
        ("refuse", {"code": 21211}, Refused("twilio_21211", True, None)),
        ("refuse", {"code": 21610}, Refused(codes.UNSUBSCRIBED, True, None)),
        ("refuse", {"code": 21614}, Refused("twilio_21614", True, None)),
        ("refuse", {"code": 21606}, Refused("twilio_21606", False, None)),
        ("refuse", {"code": 30001}, Refused("twilio_30001", False, None)),
        ("refuse", {"code": 30005}, Refused("twilio_30005", True, None)),
        ("refuse", {"code": 29999}, Refused("twilio_29999", True, None)),
    ],
)
async def test_a_refusal_says_whether_to_come_back_and_when(
    twilio, channel, kind, details, expected
):
    twilio.script.next(kind, **details)

    assert await channel.send(SMS) == expected
    assert twilio.accepted == []


@pytest.mark.parametrize(
    ("kind", "code", "taken"),
    [
        ("accept_then_drop", "line_dropped", 1),
        ("drop", "line_dropped", 0),
        ("accept_then_garbage", "garbage", 1),
        ("accept_then_gateway", "http_502", 1),
        ("gateway", "http_502", 0),
    ],
)
async def test_what_may_have_left_is_unclear(twilio, channel, kind, code, taken):
    twilio.script.next(kind)

    assert await channel.send(SMS) == Unclear(code)
    assert len(twilio.accepted) == taken


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b'{"sid": null}', b'{"sid": "<b>"}', b'{"sid": "SM1"}']
)
async def test_a_success_that_names_no_message_is_unclear(twilio, channel, body):
    async def answer(request):
        return Reply(201, body)

    twilio.answer = answer

    assert await channel.send(SMS) == Unclear("garbage")


@pytest.mark.parametrize("kind", ["slow", "accept_then_slow"])
async def test_an_answer_that_takes_too_long_is_unclear(twilio, channel, kind):
    twilio.script.next(kind, delay_s=3.0)

    assert await channel.send(SMS) == Unclear("timed_out")


async def test_a_server_that_is_not_there_has_nothing():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    channel = channel_to(url)

    assert await channel.send(SMS) == Refused("unreachable", False, None)
    await channel.close()


async def test_a_text_that_cannot_be_written_is_refused_for_good(twilio, channel):
    outcome = await channel.send(replace(SMS, text="half a letter: \ud83d"))

    assert outcome == Refused("unsendable", True, None)
    assert twilio.accepted == []


async def test_messages_after_a_failure_go_on(twilio, channel):
    twilio.script.next("accept_then_drop")
    await channel.send(SMS)

    assert isinstance(await channel.send(SMS), Accepted)


async def test_a_closed_channel_opens_again(channel):
    await channel.send(SMS)
    await channel.close()

    assert isinstance(await channel.send(SMS), Accepted)


async def test_the_sdk_logs_neither_number_nor_text(channel, caplog):
    with caplog.at_level(logging.DEBUG):
        await channel.send(SMS)
        await channel.find(SMS, since=MONDAY)

    assert SMS.address.lstrip("+") not in caplog.text
    assert SMS.text not in caplog.text
