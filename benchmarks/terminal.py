"""A program in a pseudo-terminal of its own, and a line to a server that counts what passes."""

import asyncio
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from benchmarks import stage
from benchmarks.serving import free_port

_READ_BYTES = 65_536
_QUIET_S = 0.5
_ROWS, _COLUMNS = 24, 80


@dataclass(slots=True)
class Terminal:
    """What runs in it, and what it has written so far; times are seconds after its start."""

    process: subprocess.Popen[bytes]
    begun: float
    _side: int
    _seen: bytearray = field(default_factory=bytearray)

    def press(self, keys: str, *, until: str) -> float:
        """Type something; return the seconds until a text is written, which was not before."""
        self.read_for(_QUIET_S)
        self._seen.clear()
        os.write(self._side, keys.encode())
        typed = time.perf_counter() - self.begun
        return self.wait_for(until) - typed

    def wait_for(self, text: str, *, limit_s: float = 60) -> float:
        """Read until a text was written; return when.

        Raises:
            RuntimeError: it was not, in time.
        """
        ends = time.perf_counter() + limit_s
        while text.encode() not in self._seen:
            if time.perf_counter() > ends or not self._read(ends):
                said = bytes(self._seen[-2_000:]).decode(errors="replace")
                raise RuntimeError(f"no {text!r} in the terminal, but {said!r}")
        return time.perf_counter() - self.begun

    def read_for(self, seconds: float) -> int:
        """Read all that is written in that time; return the number of bytes."""
        before, ends = len(self._seen), time.perf_counter() + seconds
        while time.perf_counter() < ends and self._read(ends):
            pass
        return len(self._seen) - before

    def _read(self, ends: float) -> bool:
        """Read what is there until `ends`; False: there is nothing, or never will be."""
        wait = max(0.0, ends - time.perf_counter())
        if not select.select([self._side], [], [], wait)[0]:
            return False
        try:
            read = os.read(self._side, _READ_BYTES)
        except OSError:  # it ended
            return False
        self._seen += read
        return bool(read)


@contextmanager
def terminal(environment: stage.Environment, *command: str) -> Iterator[Terminal]:
    """Run a command in 24 lines of 80 columns, until the block ends."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    begun = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        cwd=stage.ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, begun, ours)
    finally:
        process.terminate()
        # Who waits for the terminal to take what it writes does not end before it is gone.
        os.close(ours)
        process.wait()


@dataclass(slots=True)
class Line:
    """A port of this machine that leads to another, and the bytes that went through, both ways."""

    port: int
    carried: int = 0


@asynccontextmanager
async def counted_line(port: int) -> AsyncIterator[Line]:
    """Yield a line to `port`; the event loop must be free for it to pass anything on."""
    line = Line(free_port())
    open_ends: set[asyncio.StreamWriter] = set()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ends.add(writer)
        try:
            while data := await reader.read(_READ_BYTES):
                line.carried += len(data)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            open_ends.discard(writer)
            writer.close()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer))

    server = await asyncio.start_server(join, "127.0.0.1", line.port)
    try:
        yield line
    finally:
        server.close()
        for writer in list(open_ends):
            writer.close()
