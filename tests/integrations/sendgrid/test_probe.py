import pytest

from server.integrations.sendgrid.channel import SendGridChannel
from server.integrations.sendgrid.probe import probe
from tests.fakes.http import CUT, Reply
from tests.fakes.sendgrid import KEY
from tests.integrations.sendgrid.conftest import SENDER


async def found(channel):
    (finding,) = await probe(channel)
    return finding.status, finding.detail


async def test_a_key_that_may_send_is_well(channel):
    assert await found(channel) == ("ok", "the key may send mail")


async def test_a_key_that_may_do_more_is_well_and_said(sendgrid, channel):
    sendgrid.scopes = ["alerts.read", "mail.send", "user.email.read"]

    assert await found(channel) == ("ok", "the key may send mail, and 2 more things")


async def test_a_key_that_may_not_send_is_said(sendgrid, channel):
    sendgrid.scopes = ["alerts.read"]

    assert await found(channel) == ("fail", "the key may not send mail")


async def test_a_wrong_key_is_said(sendgrid):
    wrong = SendGridChannel(f"{KEY}x", SENDER, base_url=sendgrid.url)

    assert await found(wrong) == ("fail", "SendGrid refuses SENDGRID_API_KEY")


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (CUT, "SendGrid does not answer (RemoteDisconnected)"),
        (Reply(200, b"<html>hello"), "what answers is not SendGrid"),
        (Reply(200, b"[]"), "what answers is not SendGrid"),
        (Reply(503, b""), "SendGrid answers 503"),
    ],
)
async def test_something_else_is_said(sendgrid, channel, reply, detail):
    async def answer(request):
        return reply

    sendgrid.answer = answer

    assert await found(channel) == ("fail", detail)
