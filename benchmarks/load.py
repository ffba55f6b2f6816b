"""A load generator that costs little: HTTP/1.1 over one socket that stays open."""

import socket
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_RECEIVE_BYTES = 262_144


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the head as it was sent, and the body."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header's value, or None."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.decode().lower() == name.lower():
                return value.strip().decode()
        return None


class Connection:
    """One connection to a server on this machine; requests go one after the other."""

    def __init__(self, port: int, *, timeout_s: float = 30) -> None:
        self._address = ("127.0.0.1", port)
        self._timeout_s = timeout_s
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(self._address, timeout=self._timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> Reply:
        """Send a whole request and return its whole reply.

        Raises:
            OSError: the connection broke.
        """
        self.begin(request)
        return self.finish()

    def begin(self, request: bytes) -> None:
        """Send a whole request, whose reply `finish` returns."""
        self._socket.sendall(request)

    def finish(self) -> Reply:
        """Return the reply to what was begun.

        Raises:
            OSError: the connection broke.
        """
        data = b""
        while _END not in data:
            data += self._receive()
        head, _, body = data.partition(_END)
        missing = _content_length(head) - len(body)
        if missing > 0:
            parts = [body]
            while missing > 0:
                parts.append(self._receive())
                missing -= len(parts[-1])
            body = b"".join(parts)
        if b"connection: close" in head.lower():  # Hypercorn, after a thousand requests
            self.reopen()
        return Reply(int(head[9:12]), head, body)

    def reopen(self) -> None:
        """Connect anew."""
        self.close()
        self._open()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> bytes:
        data = self._socket.recv(_RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError("the server closed the connection")
        return data


def request(
    method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Write a request, with the headers that browsers and SDKs send at least."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "User-Agent: benchmark",
        "Accept: application/json",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    if body or method not in ("GET", "HEAD", "DELETE"):
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + _END + body


@dataclass(slots=True)
class Contestant:
    """One side of a comparison: a server's processes, and the next request to it."""

    pids: Sequence[int]
    connections: Sequence[Connection]
    next_request: Callable[[], bytes]
    status: int = 200
    cpu_s: list[float] = field(default_factory=list)
    busy_cpu_s: list[float] = field(default_factory=list)
    taken_s: list[float] = field(default_factory=list)

    def play(self, count: int) -> None:
        """Send `count` requests one after the other, then as many on all connections at once.

        Notes the server's CPU for each on average, and each one's time of the former. A server
        that sleeps between two requests pays for waking up, and starts with cold caches.

        Raises:
            RuntimeError: a reply of another status than expected.
        """
        for connection in self.connections:
            connection.reopen()  # a server closes one that was idle while the other played
            self._check(connection.send(self.next_request()))
        self.cpu_s.append(self._one_by_one([self.next_request() for _ in range(count)]))
        if len(self.connections) > 1:
            self.busy_cpu_s.append(self._at_once([self.next_request() for _ in range(count)]))

    def _one_by_one(self, requests: list[bytes]) -> float:
        before = self._cpu()
        for request in requests:
            begun = time.perf_counter()
            self._check(self.connections[0].send(request))
            self.taken_s.append(time.perf_counter() - begun)
        return (self._cpu() - before) / len(requests)

    def _at_once(self, requests: list[bytes]) -> float:
        before, width = self._cpu(), len(self.connections)
        for first in range(0, len(requests), width):
            begun = list(zip(self.connections, requests[first : first + width], strict=False))
            for connection, request in begun:
                connection.begin(request)
            for connection, _ in begun:
                self._check(connection.finish())
        return (self._cpu() - before) / len(requests)

    def _check(self, reply: Reply) -> None:
        if reply.status != self.status:
            raise RuntimeError(f"{reply.status}: {reply.body[:500]!r}")

    def _cpu(self) -> float:
        return sum(map(cpu_of, self.pids))

    @property
    def cpu_us(self) -> float:
        """The server's CPU for a request, in microseconds: the median of the rounds."""
        return statistics.median(self.cpu_s) * 1e6

    @property
    def p50_us(self) -> float:
        """The median time from request to reply, in microseconds."""
        return statistics.median(self.taken_s) * 1e6

    @property
    def p50_note(self) -> str:
        """The median time, for a figure's note."""
        return f"p50 {self.p50_us:,.0f} us"


def interleave(contestants: Sequence[Contestant], *, rounds: int, count: int) -> None:
    """Let each send `count` requests in turn, `rounds` times, after a round that does not count.

    What else the machine does then falls on all alike.
    """
    for each in contestants:
        each.play(count)
        each.cpu_s.clear()
        each.busy_cpu_s.clear()
        each.taken_s.clear()
    for number in range(rounds):
        for each in contestants if number % 2 == 0 else reversed(contestants):
            each.play(count)


def ratio(ours: Sequence[float], baseline: Sequence[float]) -> float:
    """Return how much more ours is: the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(ours, baseline, strict=True))


def cpu_of(pid: int) -> float:
    """Return the processor time of a process, all threads, in seconds; finer than its ticks."""
    # The clock id of another process, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime((~pid << 3) | 2)


def _content_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(_LENGTH)
    return int(lower[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
