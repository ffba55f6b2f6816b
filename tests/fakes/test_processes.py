import json
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from server.config_messages import sender, smtp_server
from server.integrations.channel import Accepted, Found, Refused, Unclear
from server.integrations.sendgrid.channel import SendGridChannel
from server.integrations.smtp.channel import SmtpChannel
from server.integrations.twilio.channel import TwilioChannel
from tests.fakes import ledger
from tests.fakes.processes import running
from tests.fakes.sendgrid import KEY
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN
from tests.integrations.outgoing import MAIL, SMS

SENDER = sender("catchup@example.org")


def channel_to(name, url):
    if name == "smtp":
        return SmtpChannel(smtp_server(url), SENDER)
    if name == "sendgrid":
        return SendGridChannel(KEY, SENDER, base_url=url)
    return TwilioChannel(ACCOUNT, TOKEN, number=NUMBER, service_sid=None, base_url=url)


def steer(url, **said):
    urllib.request.urlopen(f"{url}/_fake/script", json.dumps(said).encode(), timeout=5)


@pytest.mark.parametrize("name", ["twilio", "sendgrid", "smtp"])
async def test_a_fake_that_is_killed_at_once_has_kept_what_it_said_yes_to(name, tmp_path):
    with running(name, tmp_path / "ledger") as fake:
        channel = channel_to(name, fake.url)
        sent = await channel.send(SMS if name == "twilio" else MAIL)
        fake.process.kill()

    assert isinstance(sent, Accepted)
    assert [entry.id for entry in ledger.read(tmp_path / "ledger")] == [sent.provider_id]
    await channel.close()


async def test_a_fake_that_starts_again_lists_what_it_took_before(tmp_path):
    began = datetime.now(UTC) - timedelta(seconds=1)
    with running("twilio", tmp_path / "ledger", "--drop", "1") as fake:
        channel = channel_to("twilio", fake.url)
        assert await channel.send(SMS) == Unclear("line_dropped")
        await channel.close()

    with running("twilio", tmp_path / "ledger") as fake:
        channel = channel_to("twilio", fake.url)
        assert isinstance(await channel.find(SMS, since=began), Found)
        await channel.close()


async def test_a_fake_is_steered_from_another_process(tmp_path):
    with running("twilio", tmp_path / "ledger") as fake:
        channel = channel_to("twilio", fake.url)
        steer(fake.url, kind="throttle", times=1, retry_after="9")
        assert await channel.send(SMS) == Refused("twilio_20429", False, 9.0)
        steer(fake.url, kind="error", probability=1.0)
        assert await channel.send(SMS) == Refused("twilio_20500", False)
        steer(fake.url, clear=True)
        assert isinstance(await channel.send(SMS), Accepted)
        await channel.close()

    assert [e.message for e in ledger.read(tmp_path / "ledger")] == [None]
