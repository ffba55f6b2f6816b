"""HTTP/1.1 to one server, no more of it than the dashboard needs.

asyncio has the sockets and h11 the protocol. httpx2 would do all of this and more, but with what it
brings along it takes 6 MB, a tenth of what the dashboard may have (ADR 0032).
"""

import asyncio
import json
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import h11

from tui.errors import Cut, Unreachable

# How the console names a server that listens on a socket: `unix:PATH`.
UNIX = "unix:"
CONNECT_LIMIT_S = 5.0
# A slow line is no reason to give up, a dead one is: so long without a byte.
LIMIT_S = 15.0
# Who forwards may forget a connection that is not used, and say nothing.
KEPT_S = 20.0
_READ_BYTES = 65_536
_GZIP = 16 + zlib.MAX_WBITS
_AWAY = "It is tried again by itself; below is what was last known."


@dataclass(frozen=True)
class Reply:
    """An answer; the names of `headers` are in lower case, `body` is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body. Raises ValueError."""
        return json.loads(self.body)


class Http:
    """Requests to the server at `url`, over connections that are kept.

    Raises:
        ValueError: `url` is none.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit("http://localhost" if url.startswith(UNIX) else url)
        self._netloc = parts.netloc.rpartition("@")[2].encode("idna").decode()
        self._prefix = parts.path.rstrip("/")
        self._host, self._port = parts.hostname or "", parts.port
        # The world's certificates take 3 MB, which a line within the machine has no use for.
        self._trusted = ssl.create_default_context() if parts.scheme == "https" else None
        self._kept: list[_Connection] = []

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        timeout_s: float = LIMIT_S,
        into: Callable[[bytes], object] | None = None,
    ) -> Reply:
        """Send a request; `body` goes as JSON, None: none.

        `timeout_s`: how long to wait for a part of the answer. `into`: takes the body in parts as
        they come, unless the status is an error's; the reply has none then. It cannot take a part
        back, so this request goes over a connection of its own, which nobody can have cut yet.

        Raises:
            Cut: the line was cut before the answer was complete.
            Unreachable: there is no line, or it is silent.
            What `into` raises.
        """
        # What is quoted already stays as it is.
        target = quote(self._prefix + path, safe="/%") + (f"?{urlencode(params)}" if params else "")
        data = b"" if body is None else json.dumps(body).encode()
        fields = {
            "Host": self._netloc,
            "User-Agent": "catchup-admin",
            "Accept-Encoding": "gzip",
            **({} if body is None else {"Content-Type": "application/json"}),
            "Content-Length": str(len(data)),
            **(headers or {}),
        }
        request = h11.Request(method=method, target=target, headers=list(fields.items()))
        connection = (self._still_open() if into is None else None) or await self._connect()
        try:
            return await connection.ask(request, data, timeout_s=timeout_s, into=into)
        finally:
            if connection.set_free():
                self._kept.append(connection)
            else:
                connection.cut()

    async def close(self) -> None:
        """Close the connections."""
        kept, self._kept = self._kept, []
        for connection in kept:
            await connection.close()

    def _still_open(self) -> "_Connection | None":
        while self._kept:
            connection = self._kept.pop()
            if connection.is_open():
                return connection
            connection.cut()
        return None

    async def _connect(self) -> "_Connection":
        try:
            async with asyncio.timeout(CONNECT_LIMIT_S):
                if self._url.startswith(UNIX):
                    path = self._url.removeprefix(UNIX)
                    return _Connection(*await asyncio.open_unix_connection(path))
                port = self._port or (443 if self._trusted else 80)
                # Where one of two ways (IPv6, IPv4) is dead the other is not waited for long.
                streams = await asyncio.open_connection(
                    self._host, port, ssl=self._trusted, happy_eyeballs_delay=0.25
                )
                return _Connection(*streams)
        except OSError:  # too late is one, too
            raise Unreachable("The server cannot be reached.", _AWAY, "unreachable") from None


class _Connection:
    """One connection, which answers one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT)
        self._free_at = 0.0

    async def ask(
        self,
        request: h11.Request,
        body: bytes,
        *,
        timeout_s: float,
        into: Callable[[bytes], object] | None,
    ) -> Reply:
        await self._say(request, h11.Data(body), h11.EndOfMessage(), timeout_s=timeout_s)
        while not isinstance(head := await self._hear(timeout_s), h11.Response):
            pass  # 1xx: the answer is still to come
        headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
        is_packed = headers.get("content-encoding") == "gzip"
        unpack = zlib.decompressobj(_GZIP).decompress if is_packed else bytes
        parts: list[bytes] = []
        take = into if into is not None and head.status_code < 400 else parts.append
        while isinstance(event := await self._hear(timeout_s), h11.Data):
            with _said_of_the_line():
                part = unpack(event.data)
            take(part)
        return Reply(head.status_code, headers, b"".join(parts))

    def set_free(self) -> bool:
        """Make it ready for the next request; False: the answer to the last one is not whole."""
        if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
            return False
        self._protocol.start_next_cycle()
        self._free_at = asyncio.get_running_loop().time()
        return True

    def is_open(self) -> bool:
        """Whether the server has not closed it, and nobody between can have forgotten it."""
        idle_s = asyncio.get_running_loop().time() - self._free_at
        return not self._reader.at_eof() and idle_s < KEPT_S

    def cut(self) -> None:
        """Let it go at once, whatever is under way."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Let it go, and wait until it is gone."""
        self.cut()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _say(self, *events: h11.Event, timeout_s: float) -> None:
        with _said_of_the_line():
            self._writer.write(b"".join(self._protocol.send(event) or b"" for event in events))
            async with asyncio.timeout(timeout_s):
                await self._writer.drain()

    async def _hear(self, timeout_s: float) -> object:
        """Return h11's next event."""
        with _said_of_the_line():
            while (event := self._protocol.next_event()) is h11.NEED_DATA:
                async with asyncio.timeout(timeout_s):
                    self._protocol.receive_data(await self._reader.read(_READ_BYTES))
        return event


@contextmanager
def _said_of_the_line() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise Unreachable("The server took too long to answer.", _AWAY, "timeout") from None
    except (OSError, h11.RemoteProtocolError, zlib.error):
        said = "The line was cut before the answer was complete."
        raise Cut(said, _AWAY, "cut") from None
