"""A server of its own on 127.0.0.1 that answers what a test tells it, byte for byte."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ssl import SSLContext

import pytest

from server.outbound.fetch import FetchFailed, Rules, fetch

REAL_FETCH = fetch
"""The fixture `no_outside` puts another into its module."""

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Return a whole HTTP reply; header names take `_` for `-`."""
    lines = {"Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status} Fine\r\n{head}\r\n".encode() + body


@dataclass
class FakeServer:
    """Answers by path; `requests` are the heads that it got."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    @property
    def place(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    def rules(self, resolve=None, tls: SSLContext | None = None) -> Rules:
        """Rules under which every name leads here, and here only."""

        async def here(_host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        return Rules(resolve=resolve or here, allowed=frozenset({self.place}), tls=tls)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.requests.append(head)
            what = self.answers.get(head.split(" ")[1], reply(404))
            if isinstance(what, bytes):
                writer.write(what)
                await writer.drain()
            else:
                await what(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def fake_server(tls: SSLContext | None = None) -> AsyncIterator[FakeServer]:
    """Run one for the block."""
    fake = FakeServer()
    if tls is not None:
        tls.sni_callback = lambda _socket, name, _context: fake.names.append(name)
    server = await asyncio.start_server(fake.answer, "127.0.0.1", 0, ssl=tls)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()


async def get(link, rules, *, max_bytes=100_000, limit_s=5.0, **headers):
    return await fetch(link, headers=headers, max_bytes=max_bytes, limit_s=limit_s, rules=rules)


async def code_of(link, rules, **more):
    with pytest.raises(FetchFailed) as caught:
        await get(link, rules, **more)
    assert caught.value.__cause__ is None
    return caught.value.code


class answering:  # noqa: N801  # reads as a word
    """A resolver that answers one list after the other, the last for ever; it notes who asked."""

    def __init__(self, *rounds):
        self.rounds, self.asked = rounds, []

    async def __call__(self, host, port):
        self.asked.append((host, port))
        return list(self.rounds[min(len(self.asked), len(self.rounds)) - 1])
