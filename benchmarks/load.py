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
        self._socket.sendall(request)
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
    connection: Connection
    next_request: Callable[[], bytes]
    status: int = 200
    cpu_s: list[float] = field(default_factory=list)
    taken_s: list[float] = field(default_factory=list)

    def play(self, count: int) -> None:
        """Send `count` requests; note the server's CPU for each on average, and each one's time.

        Raises:
            RuntimeError: a reply of another status than expected.
        """
        wanted = [self.next_request() for _ in range(count)]
        self.connection.reopen()  # a server closes one that was idle while the other played
        before = self._cpu()
        for each in wanted:
            begun = time.perf_counter()
            reply = self.connection.send(each)
            self.taken_s.append(time.perf_counter() - begun)
            if reply.status != self.status:
                raise RuntimeError(f"{reply.status} to {each[:200]!r}: {reply.body[:500]!r}")
        self.cpu_s.append((self._cpu() - before) / count)

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
        each.taken_s.clear()
    for number in range(rounds):
        for each in contestants if number % 2 == 0 else reversed(contestants):
            each.play(count)


def ratio(ours: Contestant, baseline: Contestant) -> float:
    """Return how much more CPU ours takes: the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(ours.cpu_s, baseline.cpu_s, strict=True))


def cpu_of(pid: int) -> float:
    """Return the processor time of a process, all threads, in seconds; finer than its ticks."""
    # The clock id of another process, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime((~pid << 3) | 2)


def _content_length(head: bytes) -> int:
    lower = head.lower()
    at = lower.find(_LENGTH)
    return int(lower[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
