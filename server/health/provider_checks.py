"""What `catchup doctor` says of the providers of messages: each is asked, nothing is sent."""

from collections.abc import Iterable

from server.config import Settings
from server.config_messages import sender, smtp_server
from server.config_webhooks import split_secrets
from server.health.checks import Check
from server.integrations import providers, self_call
from server.integrations.findings import Finding
from server.integrations.providers import STATUS_PATH, channel_for
from server.integrations.sendgrid import probe as sendgrid_probe
from server.integrations.sendgrid.channel import SendGridChannel
from server.integrations.smtp import probe as smtp_probe
from server.integrations.twilio import probe as twilio_probe
from server.integrations.twilio.channel import TwilioChannel

INBOUND_PATH = "/api/webhooks/sms"
EVENTS_PATH = "/api/webhooks/email"
_PRINTED = "messages are printed in the worker's output"


async def sms(settings: Settings) -> list[Check]:
    """Look at the way out for SMS, and at the way back."""
    channel = channel_for("sms", settings)
    if not isinstance(channel, TwilioChannel):
        fix = "set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_PHONE_NUMBER"
        return [_without("sms", fix, is_printed=channel is not None)]
    is_public = settings.public_url is not None
    try:
        found = await twilio_probe.probe(
            channel,
            account_sid=settings.twilio_account_sid or "",
            number=settings.twilio_phone_number,
            service_sid=settings.twilio_messaging_service_sid,
            inbound_url=f"{settings.base_url}{INBOUND_PATH}" if is_public else None,
        )
    finally:
        await providers.close()
    return _checks("sms", found)


async def callbacks(settings: Settings) -> list[Check]:
    """Send ourselves a webhook of Twilio's through PUBLIC_URL, wherever one would be taken."""
    secrets = [
        *split_secrets(settings.twilio_auth_token),
        *split_secrets(settings.twilio_webhook_secret),
    ]
    if not secrets:
        return []
    if settings.public_url is None:
        detail = "without PUBLIC_URL Twilio cannot tell what became of an SMS, nor pass replies on"
        return [Check("sms callbacks", "warn", detail, "set PUBLIC_URL")]
    url = f"{settings.base_url}{STATUS_PATH}"
    found = await self_call.call_ourselves(url, secrets[0])
    return _checks("sms callbacks", [found])


async def email(settings: Settings) -> list[Check]:
    """Look at the way out for e-mail."""
    channel = channel_for("email", settings)
    if isinstance(channel, SendGridChannel):
        checks = _checks("email", await sendgrid_probe.probe(channel))
        return [*checks, *await _events(settings), *_unused_smtp(settings)]
    if settings.smtp_url is not None and settings.smtp_from_email is not None:
        server = smtp_server(settings.smtp_url.get_secret_value())
        return _checks("email", await smtp_probe.probe(server, sender(settings.smtp_from_email)))
    fix = "set SMTP_URL and SMTP_FROM_EMAIL, or SENDGRID_API_KEY and SENDGRID_FROM_EMAIL"
    return [_without("email", fix, is_printed=channel is not None)]


async def _events(settings: Settings) -> list[Check]:
    name = "email events"
    if not settings.sendgrid_webhook_public_key:
        detail = "SendGrid's events are refused: delivery and bounces stay unknown"
        fix = "switch the signed event webhook on and set SENDGRID_WEBHOOK_PUBLIC_KEY to its key"
        return [Check(name, "warn", detail, fix)]
    if settings.public_url is None:
        detail = "without PUBLIC_URL SendGrid cannot tell what became of a mail"
        return [Check(name, "warn", detail, "set PUBLIC_URL")]
    return _checks(name, [await self_call.knock(f"{settings.base_url}{EVENTS_PATH}")])


def _unused_smtp(settings: Settings) -> list[Check]:
    if settings.smtp_url is None:
        return []
    detail = "SMTP_URL is set, too, and not used"
    return [Check("email", "warn", detail, "unset it, or SENDGRID_API_KEY")]


def _without(name: str, fix: str, *, is_printed: bool) -> Check:
    if is_printed:
        return Check(name, "ok", f"no provider is set: {_PRINTED}")
    return Check(name, "warn", "no provider is set: these messages do not leave", fix)


def _checks(name: str, found: Iterable[Finding]) -> list[Check]:
    return [Check(name, one.status, one.detail, one.fix) for one in found]
