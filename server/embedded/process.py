"""One foreground child process: its lines are read, its end is noticed, it is told to stop.

Every child gets a session of its own, so that the terminal's Ctrl-C reaches the launcher alone.
On Linux the kernel also tells it when the launcher is killed (`setpriv --pdeathsig`, a program of
util-linux that sets this and then becomes the child: unlike code between fork and exec it is safe
beside threads). Without it, as on macOS, the next start finds what was left (orphans.py).
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from server.embedded.account import Account, answer_of

LINES_KEPT = 40
LONGEST_LINE_BYTES = 64 * 1024
LAST_LINES_LIMIT_S = 0.5

StopSteps = Sequence[tuple[signal.Signals, float]]


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: `stdin` is written to it, `environment` is all that it inherits."""

    argv: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    stop_signal: signal.Signals
    account: Account | None = None
    stdin: bytes = field(default=b"", repr=False)


class Process:
    """A running child; made by `Launcher.spawn` inside a running event loop."""

    def __init__(self, command: Command, show: Callable[[str], None]) -> None:
        """Start it; each line of its output goes to `show` unless it is `muted` then.

        Raises:
            OSError: it cannot be started.
        """
        self.last_lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.muted = False
        self._show = show
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._popen = _start(command)
        self._reading = asyncio.create_task(self._read())
        # A thread sleeping in waitpid learns of the end at once, on every platform.
        threading.Thread(target=self._await_end, daemon=True).start()

    @property
    def pid(self) -> int:
        """The process id; also that of its session and process group."""
        return self._popen.pid

    @property
    def code(self) -> int | None:
        """The exit code (negative: the signal that ended it); None while it runs."""
        return self._popen.returncode

    async def wait(self) -> int:
        """Return the exit code once it has ended and its last lines are read."""
        await self._ended.wait()
        # Its own children may hold the pipe open: do not wait for them.
        await asyncio.wait({self._reading}, timeout=LAST_LINES_LIMIT_S)
        return self._popen.returncode

    async def stop(self, steps: StopSteps) -> None:
        """Send the signals of `steps`, each with its seconds to wait, until it has ended."""
        for number, limit_s in steps:
            if self._ended.is_set():
                break
            self._signal(number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await self._ended.wait()
        if self._ended.is_set():
            await self.wait()
        self._reading.cancel()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(number)

    def _await_end(self) -> None:
        self._popen.wait()
        # What it started itself must not outlive it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        # The loop is closed when the launcher ends without stopping us.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended.set)

    async def _read(self) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await self._loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), self._popen.stdout
        )
        rest = b""
        try:
            while chunk := await reader.read(LONGEST_LINE_BYTES):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > LONGEST_LINE_BYTES:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._take(line)
            if rest:
                self._take(rest)
        finally:
            transport.close()

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        self.last_lines.append(text)
        if not self.muted:
            self._show(text)


def _start(command: Command) -> subprocess.Popen[bytes]:
    account = command.account
    popen = subprocess.Popen(  # noqa: S603 - no shell, and programs that we found ourselves
        [*_told_of_our_end(command.stop_signal), *command.argv],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=command.folder,
        env=dict(command.environment),
        start_new_session=True,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if popen.stdin:
        # Shorter than a pipe's buffer, so this cannot block. A child that has already died
        # says why in its own lines.
        with contextlib.suppress(BrokenPipeError), popen.stdin:
            popen.stdin.write(command.stdin)
    return popen


def _told_of_our_end(number: signal.Signals) -> list[str]:
    setpriv = _setpriv()
    return [setpriv, "--pdeathsig", number.name.removeprefix("SIG"), "--"] if setpriv else []


@cache
def _setpriv() -> str | None:
    path = shutil.which("setpriv")
    if path and answer_of([path, "--pdeathsig", "TERM", "--", "true"], None) is not None:
        return path
    return None
