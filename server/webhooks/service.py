"""What verified webhooks do: store once, ask for the rest to be done, answer.

Routes see to it that only what is verified comes here.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from uuid import UUID

import structlog

from server import metrics
from server.config import settings
from server.integrations.mail import is_message_id
from server.keys import macs
from server.lib.html_text import text_of_html
from server.lib.scope import Scope
from server.messages import events, inbox
from server.messages.reply_address import find_addressee
from server.users import reach
from server.webhooks import mail_rules
from server.webhooks.errors import NotVerified
from server.webhooks.mail_form import LONGEST_HEAD, MailForm
from server.webhooks.mail_text import header, parse_mail, text_of
from server.webhooks.sendgrid_events import read_batch
from server.webhooks.twilio_status import read_status

log = structlog.get_logger()

_OPT_WORDS = {"STOP": "STOP", "START": "START"}
"""What an SMS says that Twilio took for an end or a beginning, in whatever words."""


async def receive_sms(fields: Mapping[str, str], *, now: datetime) -> None:
    """Store an SMS of a user's; one of anybody else leaves no trace but a count."""
    scope = await reach.find_by_phone(fields.get("From", ""))
    event_id = fields.get("MessageSid") or fields.get("SmsSid") or ""
    if scope is None or not event_id:
        _count("sms", "unknown_sender")
        return
    stored = await inbox.receive(
        scope,
        channel="sms",
        provider="twilio",
        provider_event_id=event_id[:200],
        # Words of the account's own (Advanced Opt-Out) Twilio has acted upon already.
        text=_OPT_WORDS.get(fields.get("OptOutType", ""), fields.get("Body", "")),
        now=now,
    )
    _count("sms", "stored" if stored else "repeated")


async def record_status(
    fields: Mapping[str, str], message: str | None, mac: str | None, *, now: datetime
) -> None:
    """Take in what Twilio says became of an SMS.

    Raises:
        NotVerified: it names a message of ours without the mac that we gave out with it.
    """
    message_id = None if message is None else _message_id(message)
    if message_id is not None and not await macs.is_mac_of(message_id, mac or ""):
        raise NotVerified
    event = read_status(fields, message_id, now=now)
    new = await events.record("twilio", [event] if event else [], now=now)
    _count("sms_status", "stored" if new else "repeated")


async def record_events(body: bytes, *, now: datetime) -> None:
    """Take in a batch of SendGrid's events; raises BadInput `malformed`."""
    new = await events.record("sendgrid", read_batch(body, now=now), now=now)
    _count("email_events", "stored" if new else "repeated")


async def receive_mail(form: MailForm, *, now: datetime) -> None:
    """Store a mail that a user wrote themselves; any other leaves no trace but a count."""
    raw = form.fields.get("email")
    head = parse_mail(raw if raw is not None else form.fields.get("headers", b"")[:LONGEST_HEAD])
    sender = mail_rules.only_address(form.text("from") or header(head, "From"))
    scope = await reach.find_by_email(sender) if sender else None
    if scope is None or sender is None or len(head.get_all("From", [])) > 1:
        _count("email_inbound", "unknown_sender")
        return
    envelope_from = form.json("envelope").get("from")
    if mail_rules.is_automatic(
        auto_submitted=header(head, "Auto-Submitted"),
        precedence=header(head, "Precedence"),
        auto_response=header(head, "X-Autoreply") + header(head, "X-Autorespond"),
        envelope_from=envelope_from if isinstance(envelope_from, str) else None,
    ):
        _count("email_inbound", "automatic")
        return
    if not (_is_authentic(form, sender) or await _answers_ours(form, head, scope)):
        log.warning("inbound.not_authentic", user_id=str(scope.user_id))
        _count("email_inbound", "not_authentic")
        return
    text = text_of(head) if raw is not None else form.text("text")
    if not text.strip() and raw is None:
        text = text_of_html(form.text("html"))
    stored = await inbox.receive(
        scope,
        channel="email",
        provider="inbound",
        provider_event_id=_event_id(scope, head, text),
        text=text,
        mail_id=_mail_id(head),
        now=now,
    )
    _count("email_inbound", "stored" if stored else "repeated")


def _is_authentic(form: MailForm, sender: str) -> bool:
    return mail_rules.is_authentic(
        sender,
        spf=form.text("SPF"),
        envelope_from=str(form.json("envelope").get("from", "")),
        dkim=form.text("dkim"),
    )


async def _answers_ours(form: MailForm, head: EmailMessage, scope: Scope) -> bool:
    """Say whether the mail went to the address that a mail of ours to this very user gave."""
    to = form.json("envelope").get("to")
    addresses = [one for one in to if isinstance(one, str)] if isinstance(to, list) else []
    tokens = mail_rules.tokens_in(addresses, settings().email_inbound_address)
    for token in tokens[:3]:
        if await find_addressee(token) == scope:
            return True
    return False


def _event_id(scope: Scope, head: EmailMessage, text: str) -> str:
    """Name a mail by what stays the same when it is posted again; the boundary does not."""
    name = header(head, "Message-ID").strip() or f"{header(head, 'Date')}|{text}"
    return f"{scope.user_id}:{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()}"


def _mail_id(head: EmailMessage) -> str | None:
    """Return the Message-ID as an answer may quote it: a sender can write anything there."""
    name = header(head, "Message-ID").strip()
    return name if is_message_id(name) else None


def _message_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotVerified from None


def _count(webhook: str, outcome: str) -> None:
    metrics.WEBHOOKS.labels(webhook, outcome).inc()
