"""The HTTP server, run in this process: how it starts, and how it stops."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from quart import Quart

from server import config, serve
from server.app import create_app
from server.errors import Conflict

WAIT_S = 30


def make_app(settings: config.Settings) -> Quart:
    """The application, and a route that takes its time."""
    app = create_app(settings)

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(0.8)
        return "done"

    return app


@asynccontextmanager
async def running(settings: config.Settings, path: Path) -> AsyncIterator[asyncio.Task[None]]:
    """A server on a unix socket, once it listens; a SIGTERM to this process stops it."""
    bind = f"unix:{os.path.relpath(path)}"  # a socket's path ends at 107 bytes
    task = asyncio.create_task(serve.serve(settings, bind=bind, make_app=make_app))
    async with asyncio.timeout(WAIT_S):
        while not (path.exists() and b"200" in await ask(path, "/health/live")):
            assert not task.done(), task
            await asyncio.sleep(0.02)
        yield task
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
        await task


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


async def test_a_request_that_has_begun_is_answered_after_sigterm(own_database, tmp_path):
    async with running(own_database, tmp_path / "s") as server:
        slow = asyncio.create_task(ask(tmp_path / "s", "/slow"))
        await asyncio.sleep(0.3)
        os.kill(os.getpid(), signal.SIGTERM)

        reply = await slow
        await server

    assert reply.startswith(b"HTTP/1.1 200")
    assert reply.endswith(b"done")


async def test_nothing_is_taken_after_sigterm(own_database, tmp_path):
    async with running(own_database, tmp_path / "s") as server:
        os.kill(os.getpid(), signal.SIGTERM)
        await server

        assert await ask(tmp_path / "s", "/health/live") == b""


async def test_a_reply_does_not_say_what_serves_it(own_database, tmp_path):
    async with running(own_database, tmp_path / "s"):
        reply = await ask(tmp_path / "s", "/health/live")

    assert b"server:" not in reply.lower()


async def test_a_wrong_master_key_stops_the_start_and_says_so(own_database, monkeypatch, tmp_path):
    monkeypatch.delenv("ENCRYPTION_KEY")
    config.settings.cache_clear()

    with pytest.raises(config.SettingsError, match="ENCRYPTION_KEY"):
        await serve.serve(own_database, bind=f"unix:{os.path.relpath(tmp_path / 's')}")
    config.settings.cache_clear()


async def test_an_address_in_use_stops_the_start_and_is_named(own_database):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(Conflict, match=bind):
            await serve.serve(own_database, bind=bind)


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
