"""What providers send us. Nobody signs in here: each request proves by itself who sent it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryFile
from typing import Literal

from pydantic import Field
from quart import Blueprint, Response, current_app, request
from quart_schema import tag_blueprint, validate_querystring
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from server.config import settings
from server.errors import Unavailable
from server.lib.clock import utc_now
from server.lib.fields import Shape, Text
from server.lib.http import accepts_webhook, answers_file, errors
from server.users.guards import public
from server.webhooks import service, verify
from server.webhooks.mail_form import MailForm

webhooks = Blueprint("webhooks", __name__, url_prefix="/api/webhooks")
tag_blueprint(webhooks, ["webhooks"])

FORM = "application/x-www-form-urlencoded"
TWIML = "text/xml; charset=utf-8"
NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""TwiML that answers nothing: receipts leave through the outbox, like every message."""

MOST_BYTES = {
    "/api/webhooks/sms": 64 * 1024,
    "/api/webhooks/sms/status": 64 * 1024,
    "/api/webhooks/email": 2 * 2**20,
    "/api/webhooks/email/inbound": 31 * 2**20,
}
"""Largest body of each, before anything of it is looked at: SendGrid posts mails of up to 30 MB."""

AT_ONCE = 8
"""Webhooks that this process works on at once: a flood must not take members' connections."""
WAIT_S = 20.0

_SIGNED = "its sender proves itself by a signature over the request"


class StatusQuery(Shape):
    """What we wrote into the address of a callback."""

    message: Text | None = Field(None, max_length=64, description="Our id of the message.")
    mac: Text | None = Field(None, max_length=64, description="Proof that we gave it out.")


@webhooks.post("/sms")
@public(_SIGNED, limit=None)
@accepts_webhook(FORM)
@answers_file("text/xml")
@errors(403)
async def receive_sms() -> Response:
    """Take in an SMS from Twilio; the answer is always empty TwiML."""
    fields = verify.read_form(await _body())
    verify.demand_twilio(settings(), _address(), fields, request.headers)
    async with _turn():
        await service.receive_sms(fields, now=utc_now())
    return Response(NOTHING, content_type=TWIML)


@webhooks.post("/sms/status")
@public(_SIGNED, limit=None)
@accepts_webhook(FORM)
@validate_querystring(StatusQuery)
@errors(403)
async def record_sms_status(query_args: StatusQuery) -> tuple[str, int]:
    """Take in what Twilio says became of an SMS."""
    fields = verify.read_form(await _body())
    verify.demand_twilio(settings(), _address(), fields, request.headers)
    async with _turn():
        await service.record_status(fields, query_args.message, query_args.mac, now=utc_now())
    return "", 204


@webhooks.post("/email")
@public(_SIGNED, limit=None)
@accepts_webhook("application/json")
@errors(403)
async def record_email_events() -> tuple[str, int]:
    """Take in a batch of SendGrid's events."""
    body = await _body()
    verify.demand_sendgrid(settings(), body, request.headers)
    async with _turn():
        await service.record_events(body, now=utc_now())
    return "", 204


@webhooks.post("/email/inbound")
@public("as above, or by a secret in the address's user part", limit=None)
@accepts_webhook("multipart/form-data")
@errors(403)
async def receive_mail() -> tuple[str, int]:
    """Take in a mail that SendGrid's Inbound Parse posts, parsed or raw."""
    signature = verify.begin_mail(settings(), request.headers, request.authorization)
    with TemporaryFile(prefix="catchup-") as spool:
        # Apart from the other turns: what arrives slowly must not hold up an SMS.
        async with _turn("mails"):
            async for piece in _pieces():
                spool.write(piece)
                if signature is not None:
                    signature.feed(piece)
        if signature is not None:
            signature.demand()
        async with _turn():
            spool.seek(0)
            form = await asyncio.to_thread(MailForm.read, spool, request.headers)
            await service.receive_mail(form, now=utc_now())
    return "", 204


def _address() -> str:
    """Return path and query as they came."""
    query = request.query_string.decode("latin-1")
    return f"{request.path}?{query}" if query else request.path


async def _body() -> bytes:
    return await request.get_data(cache=True, as_text=False, parse_form_data=False)


async def _pieces() -> AsyncIterator[bytes]:
    """Yield the body as it arrives; raises as Quart does where it is too large or too slow."""
    taken = 0
    try:
        async with asyncio.timeout(request.body_timeout):
            async for piece in request.body:
                taken += len(piece)
                # Quart 0.23 counts only what it reads whole.
                if taken > MOST_BYTES[request.path]:
                    raise RequestEntityTooLarge
                yield piece
    except TimeoutError:
        raise RequestTimeout from None


@asynccontextmanager
async def _turn(kind: Literal["mails", "rows"] = "rows") -> AsyncIterator[None]:
    """Run the block when fewer than `AT_ONCE` of its kind run in this process.

    Raises:
        Unavailable: `too_many_at_once`: senders come back, within seconds to days.
    """
    turns = current_app.extensions.setdefault(f"webhooks {kind}", asyncio.Semaphore(AT_ONCE))
    try:
        async with asyncio.timeout(WAIT_S):
            await turns.acquire()
    except TimeoutError:
        raise Unavailable(
            "Too many webhooks at once: come back.", code="too_many_at_once"
        ) from None
    try:
        yield
    finally:
        turns.release()
