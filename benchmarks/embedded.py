"""`catchup up` in a home of its own, as a person starts it."""

import asyncio
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import stage

START_LIMIT_S = 120
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Up:
    """A running stack: the launcher, where it listens, what it said and when (s after start)."""

    process: Process
    url: str
    lines: list[tuple[float, str]]
    healthy_s: float


@asynccontextmanager
async def up(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[Up]:
    """Run `catchup up` with its home in `folder` until the block ends; yield once it is healthy.

    Raises:
        RuntimeError: it ended, or was not healthy in time.
    """
    port = _free_port()
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server", "up", "--port", str(port)),
        env={**environment, "CATCHUP_HOME": str(folder / "home")},
        cwd=stage.ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    lines: list[tuple[float, str]] = []
    reader = asyncio.create_task(_read(process, lines, begun))
    url = f"http://127.0.0.1:{port}"
    try:
        while not await asyncio.to_thread(_is_healthy, url):
            if process.returncode is not None or time.perf_counter() - begun > START_LIMIT_S:
                raise RuntimeError("catchup up: " + "\n".join(line for _, line in lines))
            await asyncio.sleep(_POLL_S)
        yield Up(process, url, lines, time.perf_counter() - begun)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await reader


async def _read(process: Process, lines: list[tuple[float, str]], begun: float) -> None:
    if process.stdout is None:
        return
    while line := await process.stdout.readline():
        lines.append((time.perf_counter() - begun, line.decode(errors="replace").rstrip()))


def _is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
