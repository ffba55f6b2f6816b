"""A program in a pseudo-terminal: keys go in, and what stands on its screen is read."""

import asyncio
import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.tui.terminal_screen import TerminalScreen

# For a machine that is busy with something else; a quiet one needs a second.
LIMIT_S = 60.0
END_LIMIT_S = 15.0

ENTER, ESCAPE, TAB, BACK_TAB = "\r", "\x1b", "\t", "\x1b[Z"
ROOT = Path(__file__).parents[2]
# The terminal becomes the one that controls the program, as a login makes it: closing it hangs up.
_IN_ITS_TERMINAL = (
    "import fcntl, os, sys, termios;"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


def ctrl(letter: str) -> str:
    """Return what a terminal sends for Ctrl and a letter."""
    return chr(ord(letter.upper()) - 64)


class Terminal:
    """A program's screen and keyboard; see `running_in_terminal`."""

    def __init__(self, process: subprocess.Popen[bytes], master: int, screen: TerminalScreen):
        self.process = process
        self.screen = screen
        self.received_bytes = 0
        self._master = master
        self._news = asyncio.Event()
        self._fault: AssertionError | None = None
        asyncio.get_running_loop().add_reader(master, self._read)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    async def until_shown(self, *texts: str) -> None:
        """Wait until all of `texts` stand on the screen."""
        await self._until(lambda text: all(part in text for part in texts), f"{texts} to show")

    async def until_gone(self, text: str) -> None:
        """Wait until `text` does not stand on the screen any more."""
        await self._until(lambda shown: text not in shown, f"{text!r} to go")

    async def until_focused(self, button: str) -> None:
        """Wait until `button` has the focus."""
        await self._until(lambda _: self.screen.is_reversed(button), f"{button!r} to be focused")

    async def until_left(self, button: str) -> None:
        """Wait until `button` stands there without the focus."""
        await self._until(
            lambda text: button in text and not self.screen.is_reversed(button),
            f"{button!r} to lose the focus",
        )

    async def until_ended(self) -> int:
        """Wait for the program's end; return its exit code."""
        async with asyncio.timeout(LIMIT_S):
            while self.process.poll() is None:
                await asyncio.sleep(0.02)
        return self.process.returncode

    async def _until(self, holds: Callable[[str], bool], what: str) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                while not self._holds(holds):
                    assert self.process.poll() is None, self._dump("the program ended")
                    self._news.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), 0.5)
        except TimeoutError:
            raise AssertionError(self._dump(f"waited for {what}")) from None

    def _holds(self, holds: Callable[[str], bool]) -> bool:
        if self._fault is not None:
            raise self._fault
        return holds(self.screen.text)

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # EIO: the program is gone
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._master)
        self.received_bytes += len(data)
        try:
            self.screen.feed(data)
        except AssertionError as fault:
            self._fault = self._fault or fault
        self._news.set()

    def _dump(self, why: str) -> str:
        rule = "─" * self.screen.columns
        return f"{why}; the screen:\n{rule}\n{self.screen.text}\n{rule}"

    async def close(self) -> None:
        """Hang up, as who closes the window does; the program and its own have ended afterwards."""
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        try:
            await asyncio.to_thread(self.process.wait, END_LIMIT_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@asynccontextmanager
async def running_in_terminal(
    command: Sequence[str], environment: Mapping[str, str], *, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Terminal]:
    """Run `command` in a terminal of `size` (columns, rows) for the time of the block."""
    columns, rows = size
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _IN_ITS_TERMINAL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environment, "TERM": "xterm-256color"},
            cwd=ROOT,
            start_new_session=True,
        )
    finally:
        os.close(slave)
    terminal = Terminal(process, master, TerminalScreen(columns, rows))
    try:
        yield terminal
    finally:
        await terminal.close()
