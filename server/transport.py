"""Hypercorn's TCP side, with less work for each request (ADR 0018)."""

import asyncio
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import h11
from hypercorn import protocol
from hypercorn.asyncio import run
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import AsyncioSingleTask
from hypercorn.events import Event, RawData
from hypercorn.protocol import h11 as http1
from hypercorn.protocol.events import Body, EndBody, Request, Response
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.http_stream import ASGIHTTPState, HTTPStream
from hypercorn.typing import ASGISendEvent, TaskGroup

FLUSH_BYTES = 64 * 1024
"""A reply's pieces are gathered up to here: its head and a small body leave in one write."""

# What h11 has to know of a reply's head: how its body is framed, and what follows it.
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"connection"})
_HEADER = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*")


def use() -> None:
    """Let Hypercorn serve connections by ours; it has no setting for that."""
    run.TCPServer = TransportConnection  # type: ignore[attr-defined,assignment]
    protocol.H11Protocol = ReplyProtocol  # type: ignore[attr-defined]
    http1.HTTPStream = RequestStream  # type: ignore[attr-defined]


class ReplyProtocol(H11Protocol):
    """HTTP/1.1, whose replies' headers are checked and written once and not each time.

    Most are the same in every reply, and h11 takes as long for one as a look into a cache for ten.
    """

    async def stream_send(self, event: StreamEvent) -> None:
        """Send a part of a reply."""
        if not isinstance(event, Response) or event.status_code < 200:
            await super().stream_send(event)
            return
        framing, lines = [], []
        for name, value in (*event.headers, *self.config.response_headers("h11")):
            if name in _FRAMING:
                framing.append((name, value))
            else:
                lines.append(_line(name, value))
        if self.keep_alive_requests >= self.config.keep_alive_max_requests:
            framing.append((b"connection", b"close"))
        try:
            status = h11.Response(headers=framing, status_code=event.status_code)
            head = self.connection.send(status) or b""
        except h11.LocalProtocolError:
            if self.connection.their_state is not h11.ERROR:
                raise
        else:
            await self.send(RawData(b"".join((head[:-2], *lines, b"\r\n"))))


class RequestStream(HTTPStream):
    """One request, the last part of whose body says that it is the last where its length was said.

    Hypercorn says so in a message of its own, for which the app would have to listen.
    """

    _missing = -1  # bytes; never 0 where nothing or something else said how many there are

    async def handle(self, event: StreamEvent) -> None:
        """Tell the app what has come of its request."""
        if isinstance(event, Request):
            self._missing = _length(dict(event.headers))
        elif isinstance(event, Body) and not self.closed:
            self._missing -= len(event.data)
            if self._missing == 0:
                body = bytes(event.data)
                await self.app_put({"type": "http.request", "body": body, "more_body": False})
                return
        elif isinstance(event, EndBody) and self._missing == 0:
            return
        await super().handle(event)

    async def app_send(self, message: ASGISendEvent | None) -> None:
        """Send what the app says; Hypercorn would look at each header, as `_line` does, too."""
        if (
            message is None
            or message["type"] != "http.response.start"
            or self.state is not ASGIHTTPState.REQUEST
        ):
            await super().app_send(message)
            return
        self.response = message
        status, headers = int(message["status"]), list(message["headers"])
        await self.send(Response(self.stream_id, headers=headers, status_code=status))
        self.state = ASGIHTTPState.RESPONSE


def _length(headers: dict[bytes, bytes]) -> int:
    """Return how long the body is that h11 will read; -1: empty, or its chunks will tell."""
    if b"transfer-encoding" in headers:
        return -1
    return int(headers.get(b"content-length", b"0")) or -1


@lru_cache(maxsize=1024)
def _line(name: bytes, value: bytes) -> bytes:
    """Return a header as it is sent.

    Raises:
        h11.LocalProtocolError: it would be more than one line, or none.
    """
    line = b"%s: %s" % (name, value)
    if not _HEADER.fullmatch(line):
        raise h11.LocalProtocolError(f"Illegal header {name!r}")
    return line + b"\r\n"


class TransportConnection(TCPServer):
    """One client's connection."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._idle_watch = self.idle_task = _IdleWatch(self)
        self._gathered: list[bytes] = []
        self._size = 0

    async def protocol_send(self, event: Event) -> None:
        """Send what the protocol has written, at the latest when the event loop comes round.

        Waits where the client does not take what was sent before.
        """
        if not isinstance(event, RawData):
            self._flush()
            await super().protocol_send(event)
            return
        if not event.data:  # the end of a message whose length was said
            return
        if not self._gathered:
            self.loop.call_soon(self._flush)
        self._gathered.append(event.data)
        self._size += len(event.data)
        if self._size >= FLUSH_BYTES or self.writer.transport.get_write_buffer_size():
            await super().protocol_send(RawData(self._take()))

    async def close_idle(self) -> None:
        """Close the connection between two requests."""
        await self._initiate_server_close()

    async def _read_data(self) -> None:
        try:
            await super()._read_data()
        finally:
            await self._idle_watch.end()

    def _flush(self) -> None:
        if self._gathered and not self.writer.is_closing():
            self.writer.write(self._take())

    def _take(self) -> bytes:
        data = b"".join(self._gathered)
        self._gathered.clear()
        self._size = 0
        return data


class _IdleWatch(AsyncioSingleTask):
    """Closes a connection on which nothing was asked for a while; one task for all its requests.

    Hypercorn starts one after each request and cancels it at the next.
    """

    def __init__(self, server: TransportConnection) -> None:
        super().__init__()
        self._server = server
        self._idle_since: float | None = None

    async def restart(self, task_group: TaskGroup, _action: Callable[..., Any]) -> None:
        """Begin to count."""
        self._idle_since = self._server.loop.time()
        if self._handle is None:
            await super().restart(task_group, self._watch)

    async def stop(self) -> None:
        """Stop counting: a request has begun."""
        self._idle_since = None

    async def end(self) -> None:
        """Stop watching: the connection is closed."""
        await super().stop()

    async def _watch(self) -> None:
        server, limit_s = self._server, self._server.config.keep_alive_timeout
        while True:
            since = self._idle_since
            left_s = limit_s if since is None else since + limit_s - server.loop.time()
            if left_s <= 0:
                break
            try:
                await asyncio.wait_for(server.context.terminated.wait(), left_s)
            except TimeoutError:
                continue
            if self._idle_since is None:
                return  # the protocol closes the connection after its request
            break
        await asyncio.shield(server.close_idle())
