"""Bodies as Hypercorn hands them on: too large, too slow, or of no interest to the route."""

import asyncio
import json
import os
import signal
import time
from dataclasses import dataclass

import pytest

from server import serve
from server.app import create_app
from server.embedded.ports import choose_port
from server.lib import uploads

LOGIN = "/api/auth/login"
IMPORT = "/api/contacts/import"
MB = 2**20
PIECE = b" " * 65_536
HANDFUL_S = 4  # less than Hypercorn keeps an idle connection, or we wait for a leftover body


@dataclass(frozen=True)
class Reply:
    status: int
    headers: str
    body: bytes


@pytest.fixture
async def port(own_database, monkeypatch):
    """The port of a server in this process; bodies may take 0.5 s."""
    monkeypatch.setattr(uploads, "FILE_TIMEOUT_S", 0.5)
    port = choose_port(None)

    def make_app(settings):
        app = create_app(settings)
        app.config["BODY_TIMEOUT"] = 0.5
        return app

    bind = f"127.0.0.1:{port}"
    task = asyncio.create_task(serve.serve(own_database, bind=bind, make_app=make_app))
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                break
    yield port
    os.kill(os.getpid(), signal.SIGTERM)
    await task


def head(path, *lines):
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *lines, "", ""]
    ).encode()


def sized(size):
    return f"Content-Length: {size}"


async def read_reply(reader):
    headers = (await reader.readuntil(b"\r\n\r\n")).decode()
    size = next(
        int(line.partition(":")[2]) for line in headers.splitlines() if "content-length" in line
    )
    return Reply(int(headers.split()[1]), headers, await reader.readexactly(size))


async def exchange(port, first, pieces=()):
    """Send a request piece by piece, all of it before reading; return the reply."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(first)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    reply = await read_reply(reader)
    writer.close()
    return reply


def check_problem(reply, status, code):
    assert (reply.status, json.loads(reply.body)["code"]) == (status, code)
    assert "content-type: application/problem+json" in reply.headers
    assert "x-content-type-options: nosniff" in reply.headers


@pytest.mark.parametrize("size", [MB + 1, 2 * MB, 8 * MB])
async def test_a_body_over_the_limit_answers_413_to_a_client_that_sends_it_all(port, size):
    pieces = [PIECE] * (size // len(PIECE)) + [b" " * (size % len(PIECE))]

    check_problem(await exchange(port, head(LOGIN, sized(size)), pieces), 413, "too_large")


@pytest.mark.parametrize("size", [2 * MB, 8 * MB])
async def test_a_body_that_does_not_say_its_length_answers_413_too(port, size):
    chunk = b"10000\r\n" + PIECE + b"\r\n"
    pieces = [chunk] * (size // len(PIECE)) + [b"0\r\n\r\n"]

    reply = await exchange(port, head(LOGIN, "Transfer-Encoding: chunked"), pieces)

    check_problem(reply, 413, "too_large")


async def test_an_import_over_its_limit_answers_401_before_413_and_is_read_to_its_end(port):
    reply = await exchange(port, head(IMPORT, sized(25 * MB)), [PIECE] * (25 * 16))

    check_problem(reply, 401, "token_missing")


async def test_a_body_that_nobody_reads_does_not_cost_the_reply(port):
    reply = await exchange(port, head("/api/nothing", sized(8 * MB)), [PIECE] * 128)

    check_problem(reply, 404, "not_found")


async def test_the_connection_goes_on_after_a_413(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head(LOGIN, sized(2 * MB)))
    for _ in range(32):
        writer.write(PIECE)
        await writer.drain()
    await read_reply(reader)

    writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")

    assert (await read_reply(reader)).status == 200
    writer.close()


async def test_the_reply_comes_before_the_rest_of_the_body(port):
    began = time.monotonic()

    check_problem(await exchange(port, head(LOGIN, sized(2 * MB)), [PIECE]), 413, "too_large")

    assert time.monotonic() - began < HANDFUL_S


async def test_a_body_that_does_not_come_answers_408(port):
    began = time.monotonic()

    reply = await exchange(port, head(LOGIN, sized(100)), [b"{"])

    check_problem(reply, 408, "timeout")
    assert time.monotonic() - began < HANDFUL_S


@pytest.mark.parametrize("content_type", ["text/vcard", "multipart/form-data; boundary=x"])
async def test_an_import_that_does_not_come_answers_408(port, content_type):
    account = {"email": "ana@example.org", "password": "correct horse battery", "zone": "UTC"}
    body = json.dumps(account).encode()
    signed_in = await exchange(port, head("/api/auth/register", sized(len(body))), [body])
    token = json.loads(signed_in.body)["token"]
    lines = (f"Authorization: Bearer {token}", f"Content-Type: {content_type}", sized(100))
    first = head(IMPORT, *lines).replace(b"Content-Type: application/json\r\n", b"")

    check_problem(await exchange(port, first, [b"BEGIN:VCARD\r\n"]), 408, "timeout")


async def test_headers_over_their_limit_answer_431(port):
    lines = [f"X-Long-{number}: {'a' * 8000}" for number in range(40)]

    reply = await exchange(port, head(LOGIN, *lines))

    assert reply.status == 431
