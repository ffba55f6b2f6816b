"""E-mail through SendGrid, by its own SDK: urllib, so each request has a thread and a limit."""

import asyncio
import concurrent.futures
import http.client
import logging
import urllib.error
from collections.abc import Collection
from datetime import datetime
from email.headerregistry import Address
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from server.integrations import calls, http_replies
from server.integrations.calls import Reply
from server.integrations.channel import (
    Accepted,
    Begin,
    CannotTell,
    Outgoing,
    Refused,
    Unclear,
    unmarked,
)
from server.integrations.mail import Unsendable
from server.integrations.sendgrid.body import mail_body
from server.lib.clock import utc_now

if TYPE_CHECKING:
    from sendgrid import SendGridAPIClient

SOCKET_LIMIT_S = 10.0
"""For each wait on the socket. The SDK has no limit of its own."""
LIMIT_S = 20.0
"""For the whole request: a server that sends a byte now and then would never end otherwise."""
AT_ONCE = 8
"""Requests at once. Whoever waits for a turn has not begun, and nobody needs to doubt it."""
MAIN_URL = "https://api.sendgrid.com"


class SendGridChannel:
    """Sends mail by the v3 API; what became of it comes back as signed events."""

    provider = "sendgrid"
    is_marked = True

    def __init__(self, api_key: str, sender: Address, *, base_url: str | None = None) -> None:
        self._api_key = api_key
        self._sender = sender
        self._base_url = (base_url or MAIN_URL).rstrip("/")
        self._turns = asyncio.Semaphore(AT_ONCE)
        # Its own, and more than turns: one that nobody waits for any more holds its thread a while.
        self._threads = concurrent.futures.ThreadPoolExecutor(2 * AT_ONCE, "sendgrid")

    async def send(
        self, outgoing: Outgoing, begin: Begin = unmarked
    ) -> Accepted | Refused | Unclear:
        """Post a mail; see Channel."""
        try:
            body = mail_body(outgoing, self._sender)
        except Unsendable as error:
            return Refused(error.code, is_permanent=True)
        async with self._turns:
            await begin()
            return await self._handed_over(body)

    async def _handed_over(self, body: dict[str, Any]) -> Accepted | Refused | Unclear:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LIMIT_S):
                reply = await loop.run_in_executor(self._threads, self._post, body)
        except urllib.error.URLError:
            # No connection, or it broke before the whole body was out.
            return Refused(calls.UNREACHABLE, is_permanent=False)
        except TimeoutError:
            return Unclear(calls.TIMED_OUT)
        except (OSError, http.client.HTTPException):
            return Unclear(calls.LINE_DROPPED)
        return _outcome(reply)

    async def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str] = ()
    ) -> CannotTell:
        """Say nothing: the Email Activity API is an add-on. Events tell, by `catchup_message`."""
        return CannotTell("told_by_events")

    async def close(self) -> None:
        """Let the threads end; urllib keeps no connection."""
        self._threads.shutdown(wait=False)

    def client(self) -> "SendGridAPIClient":
        """Return the SDK's client, with a limit of time."""
        from sendgrid import SendGridAPIClient

        # It would log the whole mail.
        logging.getLogger("python_http_client").setLevel(logging.WARNING)
        made = SendGridAPIClient(self._api_key, host=self._base_url)
        made.client.timeout = SOCKET_LIMIT_S
        return made

    def _post(self, body: dict[str, Any]) -> Reply:
        from python_http_client.exceptions import HTTPError

        try:
            reply = self.client().send(body)
        except HTTPError as error:
            return Reply(error.status_code, _text(error.body), dict(error.headers or {}))
        return Reply(reply.status_code, _text(reply.body), dict(reply.headers))


def _outcome(reply: Reply) -> Accepted | Refused | Unclear:
    if reply.status == HTTPStatus.ACCEPTED:
        by_name = {name.lower(): value for name, value in reply.headers.items()}
        found = by_name.get("x-message-id", "")
        return Accepted(found) if found and found.isprintable() else Unclear(calls.GARBAGE)
    if reply.status < HTTPStatus.MULTIPLE_CHOICES:
        return Unclear(calls.GARBAGE)
    is_theirs = isinstance((reply.body or {}).get("errors"), list)
    code = f"sendgrid_{reply.status}" if is_theirs else f"http_{reply.status}"
    # Nobody can be asked what became of a mail, so each 500 is taken at its word.
    is_said = is_theirs or reply.status == HTTPStatus.INTERNAL_SERVER_ERROR
    return http_replies.refusal(
        reply.status, reply.headers, code=code, is_theirs=is_said, now=utc_now()
    )


def _text(body: bytes | str) -> str:
    return body if isinstance(body, str) else body.decode(errors="replace")
