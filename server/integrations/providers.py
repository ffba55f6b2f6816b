"""Which provider carries what, by the settings; its connections are kept for the process."""

from typing import Literal
from uuid import UUID

from server.config import Settings
from server.config_messages import sender, smtp_server
from server.integrations.channel import Channel
from server.integrations.console.channel import ConsoleChannel
from server.integrations.sendgrid.channel import SendGridChannel
from server.integrations.smtp.channel import SmtpChannel
from server.integrations.twilio.channel import TwilioChannel
from server.keys import macs
from server.lib.per_loop import PerLoop

Name = Literal["sms", "email"]
STATUS_PATH = "/api/webhooks/sms/status"

_Key = tuple[object, ...]
_SETTINGS = [
    name
    for name in Settings.model_fields
    if name.startswith(("twilio_", "sendgrid_", "smtp_", "public_url", "catchup_console"))
]
_open: PerLoop[dict[tuple[Name, _Key], Channel | None]] = PerLoop(dict)


def channel_for(name: Name, settings: Settings) -> Channel | None:
    """Return the way out for SMS or e-mail, one and the same while the settings are.

    None where no provider is set and nobody reads the worker's output (CATCHUP_CONSOLE).
    Connections belong to the running event loop; `close` gives them back.
    """
    key = (name, tuple(getattr(settings, setting) for setting in _SETTINGS))
    channels = _open.get()
    if key not in channels:
        made = _sms(settings) if name == "sms" else _email(settings)
        channels[key] = made or (ConsoleChannel(name) if settings.catchup_console else None)
    return channels[key]


async def close() -> None:
    """Close the connections of every channel; a later `channel_for` makes new ones."""
    for channel in (_open.take() or {}).values():
        if channel is not None:
            await channel.close()


def status_url_of(base_url: str, message_id: UUID, mac: str) -> str:
    """Return the address that Twilio tells the fate of a message."""
    return f"{base_url}{STATUS_PATH}?message={message_id}&mac={mac}"


def _sms(settings: Settings) -> Channel | None:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return None

    async def status_url(message_id: UUID) -> str:
        return status_url_of(settings.base_url, message_id, await macs.mac_of(message_id))

    return TwilioChannel(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        number=settings.twilio_phone_number,
        service_sid=settings.twilio_messaging_service_sid,
        base_url=settings.twilio_base_url,
        # Twilio refuses addresses that it cannot reach, such as our default one.
        status_url=status_url if settings.public_url else None,
    )


def _email(settings: Settings) -> Channel | None:
    if settings.sendgrid_api_key is not None and settings.sendgrid_from_email is not None:
        return SendGridChannel(
            settings.sendgrid_api_key.get_secret_value(),
            sender(settings.sendgrid_from_email),
            base_url=settings.sendgrid_base_url,
        )
    if settings.smtp_url is not None and settings.smtp_from_email is not None:
        server = smtp_server(settings.smtp_url.get_secret_value())
        return SmtpChannel(server, sender(settings.smtp_from_email))
    return None
