"""GET a link that a member gave us, and nothing inside our own network (ADR 0015).

The guard sits where connections are opened: whatever a link, a redirect or a resolver says, the
address that was checked is the address that is connected to, and TLS still proves the name.
"""

import asyncio
import socket
import ssl
import zlib
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import NoReturn
from urllib.parse import unquote_to_bytes

import httpcore2
from httpx2 import URL, InvalidURL

from server.lib.version import VERSION
from server.outbound.addresses import is_address, is_public
from server.outbound.links import MAX_LINK, PORTS, BadLink, port_of, read_link

MAX_REDIRECTS = 5
MAX_ADDRESSES = 4
CONNECT_LIMIT_S = 5.0
MAX_MEMBERS = 1000
"""Of one gzip; each costs time, however small."""
_REDIRECTS = {301, 302, 303, 307, 308}
_PACKED = {"gzip", "x-gzip", "deflate"}

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Takes a host and a port, returns its addresses; raises OSError where it has none."""

# Of our own: a resolver that hangs must not keep other work from the loop's threads.
_lookups = ThreadPoolExecutor(max_workers=4, thread_name_prefix="lookup")


class FetchFailed(Exception):
    """A link could not be fetched: a stable code; never the link or what the server said.

    Codes: `refused_address`, `unreachable`, `tls_failed`, `timed_out`, `too_large`,
    `bad_redirect`, `bad_reply`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's last answer; names of headers in lower case. The body is read for 200 only."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host as the system knows them.

    Raises:
        OSError: it has none.
    """
    found = await asyncio.get_running_loop().run_in_executor(
        _lookups, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class Rules:
    """Where connections may go: how names are looked up, and what is open beside the internet.

    `allowed` are exact (address, port) pairs for a test's own server; `tls` trusts its own CA.
    """

    resolve: Resolve = look_up
    allowed: frozenset[tuple[str, int]] = frozenset()
    tls: ssl.SSLContext | None = None

    def permit(self, address: str, port: int) -> bool:
        """Say whether a connection to this address may be opened."""
        return (address, port) in self.allowed or (port in PORTS and is_public(address))


PUBLIC = Rules()


@cache
def _default_tls() -> ssl.SSLContext:
    """Made once, in a thread: it reads every certificate that the system trusts."""
    return ssl.create_default_context()


async def fetch(
    link: str,
    *,
    headers: Mapping[str, str],
    max_bytes: int,
    limit_s: float,
    rules: Rules = PUBLIC,
) -> Reply:
    """Get a link, through at most five redirects, within `limit_s` seconds for all of it.

    `max_bytes` bounds the body as it is sent and as it is unpacked. Neither proxies nor
    passwords of the environment are used, and no cookies are kept.

    Raises:
        BadLink: it is no link that we fetch.
        FetchFailed: see there.
    """
    try:
        async with asyncio.timeout(limit_s):
            return await _follow(read_link(link), headers, max_bytes, rules)
    # From None: the library's errors name hosts and quote what was received.
    except (TimeoutError, httpcore2.TimeoutException):
        raise FetchFailed("timed_out") from None
    except httpcore2.NetworkError as error:
        code = "tls_failed" if _is_tls(error) else "unreachable"
        raise FetchFailed(code) from None
    except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol):
        raise FetchFailed("bad_reply") from None


async def _follow(url: URL, headers: Mapping[str, str], max_bytes: int, rules: Rules) -> Reply:
    tls = rules.tls or await asyncio.to_thread(_default_tls)
    async with httpcore2.AsyncConnectionPool(
        ssl_context=tls, network_backend=_GuardedNetwork(rules)
    ) as pool:
        login = _login(url)
        for _ in range(MAX_REDIRECTS + 1):
            reply = await _get(pool, url, {**headers, **login}, max_bytes)
            if reply.status not in _REDIRECTS:
                return reply
            target = _target(url, reply)
            if not _same_place(url, target):
                login = {}
            url, login = target, _login(target) or login
    raise FetchFailed("bad_redirect")


def _target(url: URL, reply: Reply) -> URL:
    """Return where a redirect leads; never from https to http, where the secret would lie open."""
    try:
        target = read_link(str(url.join(reply.headers["location"][:MAX_LINK])))
    except (KeyError, InvalidURL, UnicodeError, ValueError, BadLink):
        raise FetchFailed("bad_redirect") from None
    if url.scheme == "https" and target.scheme != "https":
        raise FetchFailed("bad_redirect")
    return target


def _same_place(old: URL, new: URL) -> bool:
    """Say whether a password may go along: the same server, or its https instead of http."""
    upgraded = (port_of(old), port_of(new)) == (80, 443)
    return old.raw_host == new.raw_host and (port_of(old) == port_of(new) or upgraded)


def _login(url: URL) -> dict[str, str]:
    if not url.userinfo:
        return {}
    name, _, password = url.userinfo.partition(b":")
    pair = b":".join(unquote_to_bytes(part) for part in (name, password))
    return {"Authorization": f"Basic {b64encode(pair).decode()}"}


async def _get(
    pool: httpcore2.AsyncConnectionPool, url: URL, headers: Mapping[str, str], max_bytes: int
) -> Reply:
    sent = {
        "Host": url.netloc.decode(),
        "User-Agent": f"CatchUp/{VERSION}",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **headers,
    }
    address = httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path
    )
    lines = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    async with pool.stream("GET", address, headers=lines) as reply:
        found = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reply.headers
        }
        body = b""
        if reply.status == 200:
            unpacked = _Body(found, max_bytes)
            async for chunk in reply.aiter_stream():
                unpacked.add(chunk)
            body = unpacked.whole()
        return Reply(reply.status, found, body)


class _Body:
    """A body as it comes in: unpacked piece by piece, never beyond its limit."""

    def __init__(self, headers: Mapping[str, str], max_bytes: int) -> None:
        self._left = self._packed_left = max_bytes
        self._parts: list[bytes] = []
        self._members = 1
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in {*_PACKED, "identity", ""}:
            raise FetchFailed("bad_reply")
        # 32: gzip or zlib, as the data itself says.
        self._packed = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding in _PACKED else None

    def add(self, chunk: bytes) -> None:
        self._packed_left -= len(chunk)
        if self._packed_left < 0:
            raise FetchFailed("too_large")
        if self._packed is not None:
            chunk = self._unpack(chunk)
        self._left -= len(chunk)
        if self._left < 0:
            raise FetchFailed("too_large")
        self._parts.append(chunk)

    def _unpack(self, chunk: bytes) -> bytes:
        """Unpack a piece; a gzip may consist of several, one after the other (RFC 1952, 2.2)."""
        made: list[bytes] = []
        left = self._left + 1
        while chunk and left > 0:
            if self._packed is None or self._packed.eof:
                self._members += 1
                if self._members > MAX_MEMBERS:
                    raise FetchFailed("bad_reply")
                self._packed = zlib.decompressobj(zlib.MAX_WBITS | 32)
            try:
                made.append(self._packed.decompress(chunk, left))
            except zlib.error:
                raise FetchFailed("bad_reply") from None
            left -= len(made[-1])
            chunk = self._packed.unused_data.lstrip(b"\0")  # some pad it
        return b"".join(made)

    def whole(self) -> bytes:
        if self._packed is not None and not self._packed.eof:
            raise FetchFailed("bad_reply")
        return b"".join(self._parts)


class _GuardedNetwork(httpcore2.AsyncNetworkBackend):
    """Opens connections to checked addresses only.

    A name is looked up once; if any of its addresses is closed, none is used: an attacker's
    resolver would mix them. Connecting takes the address, so no second look-up can differ.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore2's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that answers."""
        try:
            addresses = [host] if is_address(host) else await self._rules.resolve(host, port)
        except (OSError, UnicodeError):
            raise FetchFailed("unreachable") from None
        if not all(self._rules.permit(address, port) for address in addresses):
            raise FetchFailed("refused_address")
        for address in addresses[:MAX_ADDRESSES]:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout=CONNECT_LIMIT_S, socket_options=socket_options
                )
            except (httpcore2.NetworkError, httpcore2.TimeoutException):
                continue
        raise FetchFailed("unreachable")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore2's
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> NoReturn:
        """Refuse: no link leads to a file."""
        raise FetchFailed("refused_address")

    async def sleep(self, seconds: float) -> None:
        """Wait, as the library asks between tries."""
        await asyncio.sleep(seconds)


def _is_tls(error: BaseException) -> bool:
    return isinstance(error.__cause__ or error.__context__, ssl.SSLError)
