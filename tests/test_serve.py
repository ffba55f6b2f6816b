"""The HTTP server process: how it starts, and how it stops."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server import serve
from server.errors import Conflict

WAIT_S = 30


@asynccontextmanager
async def server_process(path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server on a unix socket, once it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.serve_process", str(path), env=dict(os.environ)
    )
    try:
        async with asyncio.timeout(WAIT_S):
            while not (path.exists() and b"200" in await ask(path, "/health/live")):
                assert process.returncode is None
                await asyncio.sleep(0.05)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def ask(path: Path, address: str) -> bytes:
    """Return the whole reply; nothing when nobody listens."""
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except ConnectionRefusedError:
        return b""
    writer.write(f"GET {address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    reply = await reader.read()
    writer.close()
    return reply


@pytest.fixture
def path(tmp_path) -> Path:
    return Path(os.path.relpath(tmp_path / "s"))  # a socket's path ends at 107 bytes


async def test_a_request_that_has_begun_is_answered_after_sigterm(database, path):
    async with server_process(path) as process:
        slow = asyncio.create_task(ask(path, "/slow"))
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGTERM)

        reply = await asyncio.wait_for(slow, WAIT_S)
        assert await asyncio.wait_for(process.wait(), WAIT_S) == 0

    assert reply.startswith(b"HTTP/1.1 200")
    assert reply.endswith(b"done")


async def test_a_reply_does_not_say_what_serves_it(database, path):
    async with server_process(path):
        reply = await ask(path, "/health/live")

    assert b"server:" not in reply.lower()
    assert b"x-content-type-options: nosniff" in reply.lower()


async def test_an_address_in_use_stops_the_start_and_is_named(database):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(Conflict, match=bind):
            await serve.serve(database, bind=bind)


def test_uvloop_is_used_where_it_is_installed():
    uvloop = pytest.importorskip("uvloop")
    loop = serve.new_event_loop()

    assert isinstance(loop, uvloop.Loop)
    loop.close()


def test_pythons_own_loop_does_without_uvloop(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    loop = serve.new_event_loop()

    assert isinstance(loop, asyncio.SelectorEventLoop)
    loop.close()
