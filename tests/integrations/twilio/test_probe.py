import pytest

from server.integrations.twilio.probe import probe
from tests.fakes.http import CUT, Reply
from tests.fakes.twilio import ACCOUNT, NUMBER, SERVICE

HERE = "https://catchup.example.org/api/webhooks/sms"


async def found(channel, *, number=NUMBER, service_sid=None, inbound_url=None):
    findings = await probe(
        channel,
        account_sid=ACCOUNT,
        number=number,
        service_sid=service_sid,
        inbound_url=inbound_url,
    )
    return [(finding.status, finding.detail) for finding in findings]


async def test_an_active_account_with_its_number_is_well(channel):
    assert await found(channel) == [
        ("ok", "the account is active"),
        ("ok", f"{NUMBER} sends SMS"),
    ]


async def test_a_messaging_service_is_looked_up(channel):
    assert ("ok", "the messaging service is there") in await found(channel, service_sid=SERVICE)


async def test_a_messaging_service_that_is_not_there_is_said(channel):
    ((status, detail),) = await found(channel, service_sid="MG" + "1" * 32)

    assert (status, "no such" in detail) == ("fail", True)


@pytest.mark.parametrize(
    ("url", "status"), [(HERE, "ok"), ("https://demo.twilio.com/welcome/sms/reply", "warn")]
)
@pytest.mark.parametrize("service_sid", [None, SERVICE])
async def test_where_replies_go_is_looked_at(twilio, channel, url, status, service_sid):
    twilio.sms_url = url

    last = (await found(channel, service_sid=service_sid, inbound_url=HERE))[-1]
    assert last[0] == status


async def test_a_number_of_somebody_else_is_said(channel):
    assert (await found(channel, number="+14155550199"))[-1] == (
        "fail",
        "+14155550199 is no number of this account",
    )


async def test_a_wrong_token_is_said(twilio, channel):
    twilio.token = "another"

    ((status, detail),) = await found(channel)
    assert (status, "TWILIO_AUTH_TOKEN" in detail) == ("fail", True)


async def test_a_suspended_account_is_said(twilio, channel):
    twilio.account_status = "suspended"

    assert (await found(channel))[0] == ("fail", "the account is suspended")


async def test_an_account_that_cannot_be_reached_is_said(twilio, channel):
    async def cut(request):
        return CUT

    twilio.answer = cut

    ((status, detail),) = await found(channel)
    assert (status, "does not answer" in detail) == ("fail", True)


async def test_something_that_is_not_twilio_is_said(twilio, channel):
    async def hello(request):
        return Reply(200, b"<html>hello")

    twilio.answer = hello

    assert await found(channel) == [("fail", "what answers is not Twilio")]
