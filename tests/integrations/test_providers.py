import pytest

from server import config
from server.integrations import providers
from server.integrations.channel import Accepted
from server.integrations.providers import channel_for
from server.keys import macs
from tests.fakes.smtp import SmtpFake
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, TwilioFake
from tests.integrations.outgoing import MAIL, MESSAGE, SMS

TWILIO = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_PHONE_NUMBER": NUMBER,
}
SENDGRID = {"SENDGRID_API_KEY": "SG.x", "SENDGRID_FROM_EMAIL": "catchup@example.org"}
SMTP = {"SMTP_URL": "smtp://localhost", "SMTP_FROM_EMAIL": "catchup@example.org"}


def channel_now(name):
    channel = channel_for(name, config.load())
    assert channel is not None
    return channel


@pytest.fixture(autouse=True)
async def nothing_open():
    yield
    await providers.close()


@pytest.mark.parametrize(
    ("name", "values", "provider"),
    [
        ("sms", {}, None),
        ("email", {}, None),
        ("sms", TWILIO, "twilio"),
        ("email", TWILIO, None),
        ("email", SENDGRID, "sendgrid"),
        ("email", SMTP, "smtp"),
        ("email", SENDGRID | SMTP, "sendgrid"),
        ("sms", SMTP, None),
        ("sms", {"CATCHUP_CONSOLE": "true"}, "console"),
        ("email", {"CATCHUP_CONSOLE": "true"}, "console"),
        ("email", SMTP | {"CATCHUP_CONSOLE": "true"}, "smtp"),
    ],
)
async def test_the_settings_say_who_carries_what(set_env, name, values, provider):
    set_env(**values)

    channel = channel_for(name, config.load())

    assert (channel and channel.provider) == provider


async def test_a_channel_is_kept_while_the_settings_are_the_same(set_env):
    set_env(**TWILIO)

    assert channel_for("sms", config.load()) is channel_for("sms", config.load())


async def test_other_settings_are_another_channel(set_env):
    set_env(**TWILIO)
    before = channel_for("sms", config.load())
    set_env(TWILIO_AUTH_TOKEN="another")

    assert channel_for("sms", config.load()) is not before


async def test_what_was_closed_is_made_anew(set_env):
    set_env(**TWILIO)
    before = channel_for("sms", config.load())
    await providers.close()

    assert channel_for("sms", config.load()) is not before


async def test_closing_ends_the_connections(set_env, tmp_path):
    async with SmtpFake(tmp_path / "mail.jsonl") as smtp:
        set_env(**(SMTP | {"SMTP_URL": smtp.url}))
        await channel_now("email").send(MAIL)
        await providers.close()
        await channel_now("email").send(MAIL)

        assert (len(smtp.accepted), smtp.connections) == (2, 2)


async def test_twilio_tells_the_fate_of_a_message_to_an_address_that_only_we_could_make(
    database, monkeypatch, tmp_path
):
    async with TwilioFake(tmp_path / "sms.jsonl") as twilio:
        reached = {"TWILIO_BASE_URL": twilio.url, "PUBLIC_URL": "https://catchup.example.org/"}
        for name, value in (TWILIO | reached).items():
            monkeypatch.setenv(name, value)
        sent = await channel_now("sms").send(SMS)
        await providers.close()

    assert isinstance(sent, Accepted)
    (url,) = twilio.callback_urls
    address, _, mac = url.partition("&mac=")
    path = "/api/webhooks/sms/status"
    assert address == f"https://catchup.example.org{path}?message={MESSAGE}"
    assert await macs.is_mac_of(MESSAGE, mac)


async def test_without_a_public_address_nothing_is_called_back(set_env, tmp_path):
    async with TwilioFake(tmp_path / "sms.jsonl") as twilio:
        set_env(**TWILIO, TWILIO_BASE_URL=twilio.url)
        await channel_now("sms").send(SMS)
        await providers.close()

    assert twilio.callback_urls == [""]
