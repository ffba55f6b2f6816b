"""Servers under measurement: the product's and the baselines', each a process of its own."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import stage

_START_LIMIT_S = 60
_POLL_S = 0.05
# As in production, but never in the way: what is measured is the limiter, not the refusal.
SERVING = {"LOG_LEVEL": "info", "RATE_LIMIT_PER_MINUTE": "10000000"}


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server: its process and where it listens on 127.0.0.1."""

    pid: int
    port: int


@asynccontextmanager
async def serve(
    environment: stage.Environment, folder: Path, *arguments: str
) -> AsyncIterator[Serving]:
    """Run `python -m arguments… HOST:PORT` until the block ends; its log goes to a file.

    Raises:
        RuntimeError: it ended, or did not listen in time.
    """
    port = free_port()
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments, f"127.0.0.1:{port}"),
            env={**environment, **SERVING},
            cwd=stage.ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        for _ in range(int(_START_LIMIT_S / _POLL_S)):
            if process.returncode is not None or await asyncio.to_thread(_listens, port):
                break
            await asyncio.sleep(_POLL_S)
        if process.returncode is not None or not _listens(port):
            raise RuntimeError(f"{arguments}: {log.read_text(encoding='utf-8')[-2_000:]}")
        yield Serving(process.pid, port)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


def product(environment: stage.Environment, folder: Path) -> AbstractAsyncContextManager[Serving]:
    """Run the product's HTTP server."""
    return serve(environment, folder, "server", "serve", "--bind")


def baseline(
    environment: stage.Environment, folder: Path, name: str
) -> AbstractAsyncContextManager[Serving]:
    """Run one of `baselines.py`."""
    return serve(environment, folder, "benchmarks.baselines", name)


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
