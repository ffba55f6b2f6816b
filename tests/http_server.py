"""The HTTP server in a process of its own, as `catchup serve` starts it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO

from server.embedded.ports import choose_port

START_LIMIT_S = 30
STOP_LIMIT_S = 30


@dataclass(frozen=True)
class HttpServer:
    """A running server: its address, and its process for those who measure or kill it."""

    url: str
    process: subprocess.Popen[bytes]


@asynccontextmanager
async def http_server(log: IO[bytes], **settings: str) -> AsyncIterator[HttpServer]:
    """Run a server on this process's own settings and `settings`; it has ended afterwards.

    It listens on the PORT of `settings`, where there is one, else on any.
    """
    port = int(settings.get("PORT") or choose_port(None))
    with subprocess.Popen(
        [sys.executable, "-m", "server", "serve", "--bind", f"127.0.0.1:{port}"],
        env={**os.environ, "PORT": str(port), **settings},
        stdout=log,
        stderr=log,
    ) as process:
        try:
            await _listening(process, port)
            yield HttpServer(f"http://127.0.0.1:{port}", process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(process.wait, STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


async def _listening(process: subprocess.Popen[bytes], port: int) -> None:
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            assert process.poll() is None, "the server ended at its start; see its log"
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
