"""The words of a mail: of its plain part, else of its HTML without the tags; pure."""

import email
import email.policy
from email.message import EmailMessage

from server.lib.html_text import text_of_html
from server.webhooks.mail_form import decode


def parse_mail(raw: bytes) -> EmailMessage:
    """Parse a mail, or only the lines of its head."""
    return email.message_from_bytes(raw, policy=email.policy.SMTPUTF8)


def text_of(mail: EmailMessage) -> str:
    """Return the words of a raw mail; empty where it has none."""
    for kind in ("plain", "html"):
        part = mail.get_body(preferencelist=(kind,))
        if part is None:
            continue
        raw = part.get_payload(decode=True)
        text = decode(raw if isinstance(raw, bytes) else b"", part.get_content_charset())
        text = text_of_html(text) if kind == "html" else text
        if text.strip():
            return text
    return ""


def header(mail: EmailMessage, name: str) -> str:
    """Return a header as one line; empty where it is absent or cannot be read."""
    try:
        return str(mail.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError):  # odd headers break the parser
        return ""
