"""A fake Twilio for the real SDK: messages, their list, the account, signed callbacks.

Run it by itself: `python -m tests.fakes.twilio --port 4010 --ledger sms.jsonl --drop 0.05`.
"""

import asyncio
import base64
import math
import re
import time
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

from tests.fakes.command import run
from tests.fakes.http import CUT, Reply, Request, as_json
from tests.fakes.ledger import Entry, read
from tests.fakes.providing import Clock, ProviderFake
from tests.fakes.script import Behaviour
from tests.fakes.signing import TWILIO_HEADER, twilio_signature

ACCOUNT = "AC" + "0" * 32
TOKEN = "twilio-token-of-the-tests"
NUMBER = "+14155550100"
SERVICE = "MG" + "0" * 32
LONGEST = 1600
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
_GSM = re.compile(
    r"[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*"
)


@dataclass(slots=True)
class Sent:
    """A message as Twilio keeps it."""

    sid: str
    to: str
    body: str
    at: float
    status: str = "queued"
    price: str | None = None
    error_code: int | None = None
    direction: str = "outbound-api"


class TwilioFake(ProviderFake):
    """Twilio's API as far as CatchUp uses it.

    `list_lag_s`: how long a message that was accepted is not listed yet. `statuses`: what is
    called back for each message, in this order. `unsubscribed`: who answered STOP.
    """

    def __init__(
        self,
        ledger: Path,
        *,
        port: int = 0,
        seed: int = 1,
        clock: Clock = time.time,
        list_lag_s: float = 0.0,
        statuses: tuple[str, ...] = (),
        token: str = TOKEN,
    ) -> None:
        super().__init__(ledger, port=port, seed=seed, clock=clock)
        self.list_lag_s = list_lag_s
        self.statuses = statuses
        self.token = token
        self.unsubscribed: set[str] = set()
        self.is_listing = True
        self.account_status = "active"
        self.sms_url = ""
        self.callback_urls: list[str] = []
        # A killed provider knows what it accepted, too.
        self.sent = [Sent(e.id, e.to, e.text, e.at) for e in read(ledger)]

    async def answer(self, request: Request) -> Reply:
        """Answer one request of the SDK."""
        if not self._is_allowed(request):
            return _error(401, 20003, "Authenticate")
        if request.path == _MESSAGES and request.method == "POST":
            return await self._create(request.form)
        if request.path == _MESSAGES:
            return self._list(request.query)
        if request.path == f"/2010-04-01/Accounts/{ACCOUNT}.json":
            return as_json(200, {"sid": ACCOUNT, "status": self.account_status, "type": "Full"})
        if request.path.endswith("/IncomingPhoneNumbers.json"):
            return self._numbers(request.query.get("PhoneNumber"))
        if request.path == f"/v1/Services/{SERVICE}":
            return as_json(200, {"sid": SERVICE, "inbound_request_url": self.sms_url})
        return _error(404, 20404, "not found")

    async def inbound(self, url: str, sender: str, body: str) -> int | None:
        """Let somebody answer: post an SMS to the webhook; return its status."""
        sid = f"SM{uuid4().hex}"
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": ACCOUNT,
            "From": sender,
            "To": NUMBER,
            "Body": body,
            "NumSegments": "1",
            "NumMedia": "0",
        }
        return await self.call(url, form)

    async def call(self, url: str, form: dict[str, str]) -> int | None:
        """Post a signed form."""
        headers = FORM | {TWILIO_HEADER: twilio_signature(self.token, url, form)}
        return await self.post(url, urlencode(form).encode(), headers)

    def refused(self, behaviour: Behaviour) -> Reply:
        """Say it in Twilio's words."""
        more = {"Retry_After": behaviour.retry_after} if behaviour.retry_after else {}
        status, code = {
            "throttle": (429, 20429),
            "error": (500, 20500),
            "unavailable": (503, 20503),
        }.get(behaviour.kind, (400, behaviour.code))
        if behaviour.code == 20003:
            status = 401
        return _error(status, code, behaviour.kind, **more)

    def _is_allowed(self, request: Request) -> bool:
        expected = base64.b64encode(f"{ACCOUNT}:{self.token}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {expected}"

    async def _create(self, form: dict[str, str]) -> Reply:
        if problem := self._problem(form):
            return _error(400, *problem)
        message = Sent(f"SM{uuid4().hex}", form["To"], form["Body"], self.clock())
        callback = form.get("StatusCallback", "")
        about = dict(parse_qsl(urlsplit(callback).query)).get("message")
        entry = Entry("twilio", message.sid, message.to, message.body, about, message.at)
        reply, is_taken = await self.take(entry, as_json(201, _shown(message)))
        if is_taken:
            self.sent.append(message)
            self.callback_urls.append(callback)
            if self.statuses and callback:
                self.later(self._call_back(message, callback))
        return reply

    def _problem(self, form: dict[str, str]) -> tuple[int, str] | None:
        if not _E164.fullmatch(form.get("To", "")):
            return 21211, "The 'To' number is not a valid phone number."
        if form["To"] in self.unsubscribed:
            return 21610, "Attempt to send to unsubscribed recipient"
        if form.get("From") != NUMBER and form.get("MessagingServiceSid") != SERVICE:
            return 21606, "The 'From' phone number is not yours."
        if not form.get("Body"):
            return 21602, "Message body is required."
        if len(form["Body"]) > LONGEST:
            return 21617, "The concatenated message body exceeds the 1600 character limit."
        return None

    def _list(self, query: dict[str, str]) -> Reply:
        if not self.is_listing:
            return CUT
        shown = [
            message
            for message in reversed(self.sent)
            if message.at + self.list_lag_s <= self.clock()
            and query.get("To", message.to) == message.to
        ]
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        part = shown[page * size : (page + 1) * size]
        more = urlencode({**query, "Page": str(page + 1), "PageToken": "PA"})
        return as_json(
            200,
            {
                "messages": [_shown(message) for message in part],
                "page": page,
                "page_size": size,
                "next_page_uri": f"{_MESSAGES}?{more}" if len(shown) > (page + 1) * size else None,
            },
        )

    def _numbers(self, number: str | None) -> Reply:
        own = {"phone_number": NUMBER, "sms_url": self.sms_url, "capabilities": {"sms": True}}
        return as_json(200, {"incoming_phone_numbers": [own] if number == NUMBER else []})

    async def _call_back(self, message: Sent, url: str) -> None:
        await asyncio.sleep(0)  # the reply goes first
        for status in self.statuses:
            message.status = status
            form = {
                "MessageSid": message.sid,
                "SmsSid": message.sid,
                "MessageStatus": status,
                "SmsStatus": status,
                "AccountSid": ACCOUNT,
                "ApiVersion": "2010-04-01",
                "From": NUMBER,
                "To": message.to,
            }
            await self.call(url, form)


def segments(body: str) -> int:
    """Return how many SMS a text takes: 160 or 153 characters of GSM 03.38, 70 or 67 of UCS-2."""
    alone, joined = (160, 153) if _GSM.fullmatch(body) else (70, 67)
    length = len(body) if alone == 160 else len(body.encode("utf-16-le")) // 2
    return 1 if length <= alone else math.ceil(length / joined)


def _shown(message: Sent) -> dict[str, object]:
    at = formatdate(int(message.at))
    return {
        "sid": message.sid,
        "account_sid": ACCOUNT,
        "to": message.to,
        "from": NUMBER,
        "body": message.body,
        "status": message.status,
        "direction": message.direction,
        "num_segments": str(segments(message.body)),
        "price": message.price,
        "price_unit": "USD",
        "error_code": message.error_code,
        "date_created": at,
        "date_updated": at,
        "date_sent": None if message.status == "queued" else at,
    }


def _error(status: int, code: int, words: str, **headers: str) -> Reply:
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": words, "more_info": more, "status": status}
    return as_json(status, body, **headers)


if __name__ == "__main__":
    run(
        "Twilio",
        lambda given: TwilioFake(
            given.ledger,
            port=given.port,
            seed=given.seed,
            list_lag_s=given.list_lag,
            statuses=("sent", "delivered") if given.call_back else (),
        ),
    )
