"""One HTTP request between Hypercorn and Quart, with fewer tasks and messages than Quart's own."""

import asyncio
from collections.abc import Awaitable
from types import EllipsisType
from typing import cast

import structlog
from hypercorn.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    HTTPResponseStartEvent,
)
from quart import Request, Response
from quart.asgi import ASGIHTTPConnection
from quart.typing import ResponseTypes
from quart.utils import encode_headers
from quart.wrappers.response import DataBody

# A client that goes away is noticed after this long: until then the reply is nearly there.
WATCH_AFTER_S = 1.0

PIECE = 256 * 1024
"""Bytes of a reply that go out at once: what a client has to take within RESPONSE_TIMEOUT."""

log = structlog.get_logger()


class Connection(ASGIHTTPConnection):
    """Quart's connection without what every request paid for and few needed (ADR 0018).

    Quart runs one task that handles a request, one that listens to the client and one that
    sends. Here a request is handled in the task it arrives in. Somebody listens where a body is
    still on its way, and later for a client that goes away. A reply goes out as one message.
    """

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Handle one request; when its client goes away meanwhile, it is cancelled."""
        request = self._create_request_from_scope(send)
        first = await receive()
        if first["type"] != "http.request":
            return
        request.body.append(first.get("body", b""))
        listener = _Listener(self, request, receive)
        if first.get("more_body", False):
            listener.start()
        else:
            request.body.set_complete()
            listener.start_later()
        try:
            await self.handle_request(request, send)
        except asyncio.CancelledError:
            if not listener.has_cancelled:
                raise
        finally:
            listener.stop()

    async def handle_request(self, request: Request, send: ASGISendCallable) -> None:
        """Answer the request; the client has RESPONSE_TIMEOUT seconds for each piece of the reply.

        None for the whole: a large file may take a slow client as long as it takes. A reply that
        is cut off never says that it is over, so Hypercorn closes the connection in its middle.
        """
        response = await self.app.handle_request(request)
        limit = response.timeout if isinstance(response, Response) else ...
        if isinstance(limit, EllipsisType):
            limit = self.app.config["RESPONSE_TIMEOUT"]

        async def send_in_time(message: ASGISendEvent) -> None:
            await _in_time(send(message), limit)

        try:
            if _is_one_piece(response):
                await _in_time(self._send_response(send, response), limit)
            else:
                await self._send_response(send_in_time, response)
        except _TooSlow:
            rule = request.url_rule
            log.warning("http.reply_cut_off", route=rule.rule if rule else "-", limit_s=limit)

    async def _send_response(self, send: ASGISendCallable, response: ResponseTypes) -> None:
        body = response.response
        if not isinstance(body, DataBody):
            await super()._send_response(send, response)
            return
        start = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": encode_headers(response.headers),
        }
        await send(cast(HTTPResponseStartEvent, start))
        at = body.begin
        while body.end - at > PIECE:
            piece = body.data[at : at + PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            at += PIECE
        last = body.data[at : body.end]
        await send({"type": "http.response.body", "body": last, "more_body": False})


class _TooSlow(Exception):
    """The client did not take a piece of its reply in time."""


async def _in_time(sending: Awaitable[None], limit_s: float | None) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await sending
    except TimeoutError:
        raise _TooSlow from None


def _is_one_piece(response: ResponseTypes) -> bool:
    body = response.response
    return isinstance(body, DataBody) and body.end - body.begin <= PIECE


class _Listener:
    """Hears the rest of a request's body, and the client going away."""

    def __init__(
        self, connection: Connection, request: Request, receive: ASGIReceiveCallable
    ) -> None:
        self.has_cancelled = False
        self._connection, self._request, self._receive = connection, request, receive
        self._handling = cast("asyncio.Task[None]", asyncio.current_task())
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(
            self._connection.handle_messages(self._request, self._receive)
        )
        self._task.add_done_callback(self._gone)

    def start_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER_S, self.start)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.remove_done_callback(self._gone)
            self._task.cancel()

    def _gone(self, listening: "asyncio.Task[None]") -> None:
        """Cancel what is being done for a client that is not there any more."""
        if not listening.cancelled():
            self.has_cancelled = True
            self._handling.cancel()
