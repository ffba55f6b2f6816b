"""What every reply carries for browsers, and the way in: the client's true address.

ASGI, outside of Quart, so that nothing that Quart answers by itself comes without it.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import cast

from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    HTTPScope,
    Scope,
)

from server.lib.addresses import client_address

Header = tuple[bytes, bytes]

API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# What a request may still send after its reply, so that the reply is not lost in a reset.
LEFTOVER_BYTES = 32 * 2**20
LEFTOVER_S = 5.0

# A route may say otherwise.
_HEADERS = {
    "Content-Security-Policy": API_POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_BODILESS = ("GET", "HEAD", "OPTIONS")


class Door:
    """The app behind `hops` proxies; `is_https` says whether the world comes by TLS."""

    def __init__(self, app: ASGIFramework, *, hops: int, is_https: bool) -> None:
        self._app = app
        self._hops = hops
        headers = dict(_HEADERS)
        if is_https:
            headers["Strict-Transport-Security"] = "max-age=63072000"
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._names = frozenset(name for name, _ in self._headers)

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._hops:
            scope["client"] = _client(scope, self._hops)
        if scope["method"] not in _BODILESS:
            body = _Leftover(receive, send)
            receive, send = body.receive, body.send

        async def send_with_headers(message: ASGISendEvent) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._missing(message["headers"])]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _missing(self, headers: Iterable[Header]) -> list[Header]:
        said = self._names.intersection(name for name, _ in headers)
        return [pair for pair in self._headers if pair[0] not in said] if said else self._headers


class _Leftover:
    """Lets a request end before its reply does.

    Hypercorn closes a connection whose request is not read to its end, and the system then
    throws away what the client has not read yet: a reset instead of the 413 or 401.
    """

    def __init__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        self._receive = receive
        self._send = send
        self._bytes = 0
        # Set once there is nothing left to wait for.
        self._over = asyncio.Event()

    async def receive(self) -> ASGIReceiveEvent:
        """Pass a part of the body on."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes += len(message["body"])
            if not message["more_body"] or self._bytes > LEFTOVER_BYTES:
                self._over.set()
        else:
            self._over.set()
        return message

    async def send(self, message: ASGISendEvent) -> None:
        """Hold the end of the reply, all of which the client has by then, until the request's."""
        if message["type"] == "http.response.start" and message["status"] == 408:
            self._over.set()  # it has taken too long already
        is_end = message["type"] == "http.response.body" and not message["more_body"]
        if is_end and not self._over.is_set():
            await self._send(cast(ASGISendEvent, {**message, "more_body": True}))
            message = {"type": "http.response.body", "body": b"", "more_body": False}
            # The app's own task goes on receiving; what is over the limit it does not keep.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), LEFTOVER_S)
        await self._send(message)


def _client(scope: HTTPScope, hops: int) -> tuple[str, int] | None:
    peer = scope["client"]
    address = client_address(peer[0] if peer else "", scope["headers"], hops=hops)
    return (address, 0) if address else None
