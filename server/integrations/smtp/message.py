"""A mail as SMTP carries it."""

import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from server.integrations.channel import Outgoing
from server.integrations.mail import (
    Unsendable,
    extra_headers,
    message_id,
    one_line,
    wire_address,
)


def written(outgoing: Outgoing, sender: Address, *, now: datetime, utf8: bool) -> bytes:
    """Return the whole mail, plain text and HTML. `utf8`: addresses may have any letters.

    Body and headers are in ASCII else, so that every server on the way can carry them.

    Raises:
        Unsendable: it cannot be written so.
    """
    _, domain = wire_address(sender.addr_spec)
    mail = EmailMessage(policy=SMTPUTF8 if utf8 else SMTP.clone(cte_type="7bit"))
    try:
        mail["From"] = Address(sender.display_name, *wire_address(sender.addr_spec))
        mail["To"] = Address("", *wire_address(outgoing.address))
        mail["Subject"] = one_line(outgoing.subject)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message_id(outgoing, domain)
        if outgoing.reply_to is not None:
            mail["Reply-To"] = Address("", *wire_address(outgoing.reply_to))
        mail.set_content(outgoing.text)
        if outgoing.html is not None:
            mail.add_alternative(outgoing.html, subtype="html")
        # As they are: `email` would write a long word, such as Outlook's Message-IDs, as
        # `=?utf-8?q?…?=`, which nobody compares or follows.
        more = "".join(f"{name}: {value}\r\n" for name, value in extra_headers(outgoing).items())
        return more.encode("ascii") + mail.as_bytes()
    except Unsendable:
        raise
    except (MessageError, ValueError, IndexError):
        raise Unsendable("unsendable") from None


def with_end(mail: bytes) -> bytes:
    """Return a mail as DATA carries it: dots at a line's start doubled, a dot alone at its end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", mail).removesuffix(b"\r\n")
    return re.sub(rb"(?m)^\.", b"..", lines) + b"\r\n.\r\n"


def needs_utf8(*addresses: str) -> bool:
    """Say whether a local part has letters that plain SMTP cannot carry (RFC 6531)."""
    return not all(wire_address(address)[0].isascii() for address in addresses)
