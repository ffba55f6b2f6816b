"""A mail as SendGrid's v3 API wants it. Pure.

Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send
"""

from email.headerregistry import Address
from typing import Any

from server.integrations.channel import Outgoing
from server.integrations.mail import (
    Unsendable,
    extra_headers,
    message_id,
    one_line,
    wire_address,
)

MESSAGE_ARGUMENT = "catchup_message"
"""Comes back with each event, and says which message it is about."""


def mail_body(outgoing: Outgoing, sender: Address) -> dict[str, Any]:
    """Return the body of POST /v3/mail/send.

    Links stay as they are and nothing counts who reads: tracking is off.

    Raises:
        Unsendable: it cannot be written so.
    """
    content = [{"type": "text/plain", "value": outgoing.text}]
    if outgoing.html is not None:
        content.append({"type": "text/html", "value": outgoing.html})
    if any(_has_half_a_letter(part["value"]) for part in content):
        raise Unsendable("unsendable")
    _, domain = wire_address(sender.addr_spec)
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": _plain(outgoing.address)}]}],
        "from": {"email": _plain(sender.addr_spec), "name": sender.display_name},
        "subject": one_line(outgoing.subject),
        "content": content,
        "headers": {"Message-ID": message_id(outgoing, domain), **extra_headers(outgoing)},
        "custom_args": {MESSAGE_ARGUMENT: str(outgoing.message_id)},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    if outgoing.reply_to is not None:
        body["reply_to"] = {"email": _plain(outgoing.reply_to)}
    return body


def _plain(address: str) -> str:
    local, domain = wire_address(address)
    if not local.isascii():  # SendGrid has no SMTPUTF8
        raise Unsendable("address_not_ascii")
    return f"{local}@{domain}"


def _has_half_a_letter(text: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in text)
