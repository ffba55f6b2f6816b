import asyncio
import logging
import socket
from dataclasses import replace

import pytest

from server.integrations.channel import Accepted, CannotTell, Refused, Unclear
from server.integrations.sendgrid import channel as sendgrid_channel
from server.integrations.sendgrid.channel import SendGridChannel
from tests.fakes.http import Reply
from tests.fakes.sendgrid import KEY
from tests.integrations.outgoing import MAIL, MESSAGE
from tests.integrations.sendgrid.conftest import SENDER
from tests.times import MONDAY


async def test_what_sendgrid_takes_is_on_its_ledger_under_the_id_that_we_get(sendgrid, channel):
    accepted = await channel.send(MAIL)

    (entry,) = sendgrid.accepted
    assert accepted == Accepted(entry.id)
    assert (entry.to, entry.text, entry.message) == (MAIL.address, MAIL.text, str(MESSAGE))


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("throttle", {}, Refused("sendgrid_429", False, None)),
        ("error", {}, Refused("sendgrid_500", False, None)),
        ("unavailable", {}, Refused("sendgrid_503", False, None)),
        ("refuse", {"code": 400}, Refused("sendgrid_400", True, None)),
        ("refuse", {"code": 401}, Refused("sendgrid_401", False, None)),
        ("refuse", {"code": 403}, Refused("sendgrid_403", False, None)),
        ("refuse", {"code": 413}, Refused("sendgrid_413", True, None)),
    ],
)
async def test_a_refusal_says_whether_to_come_back(sendgrid, channel, kind, details, expected):
    sendgrid.script.next(kind, **details)

    assert await channel.send(MAIL) == expected
    assert sendgrid.accepted == []


async def test_a_500_in_no_words_of_sendgrids_is_taken_at_its_word(sendgrid, channel):
    async def answer(request):
        return Reply(500, b"oops")

    sendgrid.answer = answer

    assert await channel.send(MAIL) == Refused("http_500", False)


async def test_a_throttle_names_the_moment_when_it_ends(sendgrid, channel):
    sendgrid.script.next("throttle", retry_after="40")

    refused = await channel.send(MAIL)

    assert refused.retry_after_s == pytest.approx(40, abs=2)


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
async def test_what_may_have_left_is_unclear(sendgrid, channel, kind, code, taken):
    sendgrid.script.next(kind)

    assert await channel.send(MAIL) == Unclear(code)
    assert len(sendgrid.accepted) == taken


@pytest.mark.parametrize("kind", ["slow", "accept_then_slow"])
async def test_an_answer_that_takes_too_long_is_unclear(sendgrid, channel, kind):
    sendgrid.script.next(kind, delay_s=3.0)

    assert await channel.send(MAIL) == Unclear("timed_out")


async def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_us(monkeypatch):
    async def trickle(reader, writer):
        await reader.read(100)
        try:
            while True:
                writer.write(b"H")
                await asyncio.sleep(0.05)
        finally:
            writer.transport.abort()

    monkeypatch.setattr(sendgrid_channel, "LIMIT_S", 0.5)
    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    assert await SendGridChannel(KEY, SENDER, base_url=url).send(MAIL) == Unclear("timed_out")
    server.close()


async def test_a_server_that_is_not_there_has_nothing():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    sent = await SendGridChannel(KEY, SENDER, base_url=url).send(MAIL)

    assert sent == Refused("unreachable", False, None)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"address": "ana@example.org, eve@example.org"}, "bad_address"),
        ({"address": "ana@example.org\r\nBcc: eve@example.org"}, "bad_address"),
        ({"address": "änna@example.org"}, "address_not_ascii"),
        ({"text": "half a letter: \ud83d"}, "unsendable"),
        ({"unsubscribe_url": "javascript:alert(1)"}, "bad_unsubscribe_url"),
        ({"unsubscribe_url": "https://a.example/\r\nX: y"}, "bad_unsubscribe_url"),
    ],
)
async def test_what_cannot_be_written_is_refused_for_good(sendgrid, channel, changed, code):
    assert await channel.send(replace(MAIL, **changed)) == Refused(code, True, None)
    assert sendgrid.accepted == []


async def test_what_became_of_it_is_told_by_events_only(channel):
    assert await channel.find(MAIL, since=MONDAY) == CannotTell("told_by_events")


async def test_events_carry_our_own_id(sendgrid, channel):
    told = []

    async def answer(request):
        told.append(request)
        return await type(sendgrid).answer(sendgrid, request)

    sendgrid.answer = answer
    sendgrid.webhook = f"{sendgrid.url}/api/webhooks/email"
    await channel.send(MAIL)
    await sendgrid.called_back()

    events = [request for request in told if request.path == "/api/webhooks/email"]
    assert len(events) == 2
    assert all(str(MESSAGE).encode() in request.body for request in events)


async def test_the_sdk_logs_nothing_of_the_mail(channel, caplog):
    with caplog.at_level(logging.DEBUG):
        await channel.send(MAIL)

    assert MAIL.address not in caplog.text
    assert "Thursday" not in caplog.text


async def test_what_may_not_begin_is_not_handed_over(sendgrid, channel):
    async def begin():
        raise PermissionError

    for _ in range(sendgrid_channel.AT_ONCE + 1):  # nor does it keep its turn
        with pytest.raises(PermissionError):
            await channel.send(MAIL, begin)

    assert sendgrid.accepted == []
    assert isinstance(await channel.send(MAIL), Accepted)


async def test_what_cannot_be_written_has_not_begun(channel):
    begun = []

    async def begin():
        begun.append(1)

    await channel.send(replace(MAIL, address="nobody"), begin)

    assert begun == []


async def test_who_waits_for_a_turn_has_not_begun(sendgrid, channel):
    begun, go_on = [], asyncio.Event()

    async def begin():
        begun.append(1)
        await go_on.wait()

    count = sendgrid_channel.AT_ONCE + 3
    sending = [asyncio.create_task(channel.send(MAIL, begin)) for _ in range(count)]
    for _ in range(count):
        await asyncio.sleep(0)
    assert len(begun) == sendgrid_channel.AT_ONCE

    go_on.set()
    assert all(isinstance(outcome, Accepted) for outcome in await asyncio.gather(*sending))
    assert len(begun) == count
