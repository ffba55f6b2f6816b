"""SMS through Twilio, by its own SDK."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from uuid import UUID

from server.integrations import calls, http_replies
from server.integrations.calls import Call, Reply
from server.integrations.channel import (
    Absent,
    Accepted,
    Begin,
    CannotTell,
    Found,
    Outgoing,
    Refused,
    Unclear,
    unmarked,
)
from server.integrations.twilio import codes
from server.integrations.twilio.http import Http
from server.lib.clock import utc_now

if TYPE_CHECKING:
    from twilio.rest import Client
    from twilio.rest.api.v2010.account.message import MessageInstance

PAGE = 100
MOST_PAGES = 10
CLOCK_MARGIN = timedelta(minutes=5)
"""How far Twilio's clock and ours may be apart when messages are looked for by their time."""

_MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
# What the SDK makes of a reply that is not of Twilio's making.
_NONSENSE = (ValueError, TypeError, KeyError, AttributeError)


class TwilioChannel:
    """Sends SMS from a number or a messaging service; statuses come back to `status_url`."""

    provider = "twilio"
    is_marked = False

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        number: str | None,
        service_sid: str | None,
        base_url: str | None = None,
        status_url: Callable[[UUID], Awaitable[str]] | None = None,
    ) -> None:
        self._login = (account_sid, auth_token)
        self._sender = {"messaging_service_sid": service_sid} if service_sid else {"from_": number}
        self._status_url = status_url
        self._http = Http(base_url)
        self._client: Client | None = None

    async def send(
        self, outgoing: Outgoing, begin: Begin = unmarked
    ) -> Accepted | Refused | Unclear:
        """Create a message; see Channel."""
        import aiohttp
        from twilio.base.exceptions import TwilioException

        given = {"to": outgoing.address, "body": outgoing.text, **self._sender}
        if self._status_url is not None:
            given["status_callback"] = await self._status_url(outgoing.message_id)
        with calls.calling() as call:
            try:
                message = await self.client().messages.create_async(**given)
            except TwilioException:
                return _refused(call)
            except (aiohttp.ClientError, OSError) as error:
                return _no_reply(call, error)
            except _NONSENSE:
                return _nonsense(call)
        if not _MESSAGE_SID.fullmatch(str(message.sid)):
            return Unclear(calls.GARBAGE)
        return Accepted(str(message.sid), _segments(message), _cost_micros(message))

    async def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str] = ()
    ) -> Found | Absent | CannotTell:
        """List what was sent to the recipient since then, and compare the texts."""
        import aiohttp
        from twilio.base.exceptions import TwilioException

        with calls.calling() as call:
            try:
                recent = await self._recent(outgoing.address, since - CLOCK_MARGIN)
            except TwilioException:
                return _not_told(call.reply)
            except (aiohttp.ClientError, OSError) as error:
                return CannotTell(_why_no_reply(error))
            except _NONSENSE:
                return CannotTell(calls.GARBAGE)
        same = [
            message
            for message in recent
            if message.sid not in taken and _says(message.body, outgoing.text)
        ]
        if not same:
            return Absent()
        first = min(same, key=lambda message: abs(_created(message) - since))
        return Found(
            str(first.sid),
            codes.state_of(first.status),
            code=codes.code_of(first.error_code) if first.error_code else None,
            segments=_segments(first),
            cost_micros=_cost_micros(first),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def client(self) -> "Client":
        """Return the SDK's client, made at first use."""
        if self._client is None:
            from twilio.rest import Client

            self._client = Client(*self._login, http_client=self._http)
        return self._client

    async def _recent(self, address: str, since: datetime) -> list["MessageInstance"]:
        """Return what was sent to `address` since then. Twilio lists the newest first."""
        recent: list[MessageInstance] = []
        page = await self.client().messages.page_async(to=address, page_size=PAGE)
        for _ in range(MOST_PAGES):
            fresh = [message for message in _all(page) if _created(message) >= since]
            recent += [m for m in fresh if m.to == address and _is_outbound(m)]
            page = await page.next_page_async() if fresh else None
            if page is None:
                break
        return recent


def _all(page: Any) -> Iterator["MessageInstance"]:
    yield from page


def _is_outbound(message: "MessageInstance") -> bool:
    return str(message.direction).startswith("outbound")


def _created(message: "MessageInstance") -> datetime:
    if not isinstance(message.date_created, datetime):
        raise TypeError("a message without a time")
    return message.date_created


def _says(found: str | None, text: str) -> bool:
    """Compare texts as Twilio may have changed them.

    Smart encoding writes other punctuation and blanks, a trial account a sentence in front.
    """
    theirs, ours = _letters(found or ""), _letters(text)
    return theirs.endswith(ours) if ours else found == text


def _letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def _refused(call: Call) -> Refused | Unclear:
    if call.reply is None:  # the SDK refused to ask
        return Refused(calls.UNSENDABLE, is_permanent=True)
    number, code = _number_of(call.reply), _code_of(call.reply)
    judged = http_replies.refusal(
        call.reply.status,
        call.reply.headers,
        code=code,
        is_theirs=number is not None,
        now=utc_now(),
    )
    known = codes.is_permanent(number) if number is not None else None
    if isinstance(judged, Unclear) or known is None:
        return judged
    return Refused(code, is_permanent=known, retry_after_s=judged.retry_after_s)


def _no_reply(call: Call, error: Exception) -> Refused | Unclear:
    if call.has_begun:
        return Unclear(calls.TIMED_OUT if isinstance(error, TimeoutError) else calls.LINE_DROPPED)
    return Refused(calls.UNREACHABLE, is_permanent=False)


def _nonsense(call: Call) -> Refused | Unclear:
    if call.has_begun:
        return Unclear(calls.GARBAGE)
    return Refused(calls.UNSENDABLE, is_permanent=True)


def _not_told(reply: Reply | None) -> CannotTell:
    after_s = http_replies.retry_after_s(reply.headers, now=utc_now()) if reply else None
    return CannotTell(_code_of(reply), after_s)


def _why_no_reply(error: Exception) -> str:
    return calls.TIMED_OUT if isinstance(error, TimeoutError) else calls.UNREACHABLE


def _number_of(reply: Reply) -> int | None:
    number = (reply.body or {}).get("code")
    return number if isinstance(number, int) else None


def _code_of(reply: Reply | None) -> str:
    if reply is None:
        return calls.GARBAGE
    number = _number_of(reply)
    return codes.code_of(number) if number is not None else f"http_{reply.status}"


def _segments(message: "MessageInstance") -> int | None:
    """A messaging service counts them later: 0 means not yet."""
    text = str(message.num_segments)
    return int(text) or None if text.isdecimal() else None


def _cost_micros(message: "MessageInstance") -> int | None:
    """Twilio writes what it takes as a negative price, some time after it was sent."""
    try:
        price = Decimal(str(message.price))
    except InvalidOperation:
        return None
    return int(abs(price) * 1_000_000) if price.is_finite() else None
