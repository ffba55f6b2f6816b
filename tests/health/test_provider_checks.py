"""What the doctor says of the ways out, by the settings."""

import pytest

from server import config
from server.health import provider_checks
from tests.fakes.sendgrid import KEY, SendGridFake
from tests.fakes.smtp import SmtpFake
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, TwilioFake

TWILIO = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_PHONE_NUMBER": NUMBER,
}
SENDER = "catchup@example.org"


async def found(look):
    return [(check.name, check.status) for check in await look(config.load())]


@pytest.mark.parametrize(
    ("name", "look"), [("sms", provider_checks.sms), ("email", provider_checks.email)]
)
async def test_a_way_out_that_is_missing_is_said_with_what_to_set(set_env, name, look):
    (check,) = await look(config.load())

    assert (check.name, check.status) == (name, "warn")
    assert check.fix.startswith("set ")


@pytest.mark.parametrize("look", [provider_checks.sms, provider_checks.email])
async def test_printed_messages_are_well(set_env, look):
    set_env(CATCHUP_CONSOLE="true")

    ((_, status),) = await found(look)
    assert status == "ok"


async def test_twilio_is_asked(set_env, tmp_path):
    async with TwilioFake(tmp_path / "sms.jsonl") as twilio:
        set_env(**TWILIO, TWILIO_BASE_URL=twilio.url)
        assert await found(provider_checks.sms) == [("sms", "ok"), ("sms", "ok")]

        twilio.token = "another"
        assert await found(provider_checks.sms) == [("sms", "fail")]
        assert twilio.accepted == []


async def test_sendgrid_is_asked_and_its_events_are_missed(set_env, tmp_path):
    async with SendGridFake(tmp_path / "mail.jsonl") as sendgrid:
        set_env(SENDGRID_API_KEY=KEY, SENDGRID_FROM_EMAIL=SENDER, SENDGRID_BASE_URL=sendgrid.url)
        expected = [("email", "ok"), ("email events", "warn")]
        assert await found(provider_checks.email) == expected

        set_env(SMTP_URL="smtp://localhost", SMTP_FROM_EMAIL=SENDER)
        assert ("email", "warn") in await found(provider_checks.email)
        assert sendgrid.accepted == []


async def test_smtp_is_asked(set_env, tmp_path):
    async with SmtpFake(tmp_path / "mail.jsonl") as smtp:
        set_env(SMTP_URL=smtp.url, SMTP_FROM_EMAIL=SENDER)
        assert await found(provider_checks.email) == [("email", "ok")]

        smtp.sender_answer = "550 no"
        assert await found(provider_checks.email) == [("email", "fail")]
        assert smtp.accepted == []


async def test_callbacks_are_no_matter_without_twilio(set_env):
    assert await found(provider_checks.callbacks) == []


async def test_callbacks_need_a_public_address(set_env):
    set_env(**TWILIO)

    assert await found(provider_checks.callbacks) == [("sms callbacks", "warn")]


@pytest.mark.parametrize(
    "secrets", [TWILIO, {"TWILIO_AUTH_TOKEN": TOKEN}, {"TWILIO_WEBHOOK_SECRET": "s" * 32}]
)
async def test_callbacks_go_through_the_public_address(set_env, secrets):
    set_env(**secrets, PUBLIC_URL="http://127.0.0.1:1")

    assert await found(provider_checks.callbacks) == [("sms callbacks", "fail")]
