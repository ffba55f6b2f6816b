"""A real HTTP server for the fakes: one that can also drop the line, which ASGI cannot."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import h11

from tests.fakes.script import Kind, Script

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Request:
    """A request: its path, its query, its headers (names in lower case) and its body."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply; `is_cut` ends the connection in the place of it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False


CUT = Reply(is_cut=True)


def as_json(status: int, value: Any, **headers: str) -> Reply:
    """Return a JSON reply; `_` in the headers' names stands for `-`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"} | named)


class HttpFake:
    """A server on a port of this machine; `async with` runs it, `answer` is its whole program.

    `POST /_fake/script` steers it from another process: `{"kind": "error", "times": 3}`,
    `{"kind": "drop", "probability": 0.05}`, `{"clear": true}`.
    """

    def __init__(self, *, port: int = 0, seed: int = 1) -> None:
        self.script = Script(seed)
        self._port = port
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    async def answer(self, request: Request) -> Reply:
        """Answer a request; a subclass says how."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for line in self._lines:
            line.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        line = h11.Connection(h11.SERVER)
        try:
            with suppress(OSError, h11.RemoteProtocolError):
                while request := await _next_request(line, reader):
                    reply = await self._steered(request)
                    if reply.is_cut:
                        writer.transport.abort()
                        break
                    writer.write(_written(line, reply))
                    await writer.drain()
                    if line.our_state is not h11.DONE or line.their_state is not h11.DONE:
                        break
                    line.start_next_cycle()
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _steered(self, request: Request) -> Reply:
        if request.path != "/_fake/script":
            return await self.answer(request)
        said = json.loads(request.body)
        if said.pop("clear", False):
            self.script.clear()
            return Reply(204)
        kind: Kind = said.pop("kind")
        if "probability" in said:
            self.script.sometimes(kind, **said)
        else:
            self.script.next(kind, **said)
        return Reply(204)


async def _next_request(line: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = line.next_event()
        if event is h11.NEED_DATA:
            line.receive_data(await reader.read(CHUNK))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            parts = urlsplit(head.target.decode())
            return Request(
                head.method.decode(),
                parts.path,
                dict(parse_qsl(parts.query)),
                {name.decode(): value.decode() for name, value in head.headers},
                bytes(body),
            )
        else:
            return None


def _written(line: h11.Connection, reply: Reply) -> bytes:
    headers = {"Content-Length": str(len(reply.body)), "Date": formatdate(usegmt=True)}
    head = h11.Response(
        status_code=reply.status, headers=list((headers | dict(reply.headers)).items())
    )
    parts = (head, h11.Data(data=reply.body), h11.EndOfMessage())
    return b"".join(line.send(part) or b"" for part in parts)
