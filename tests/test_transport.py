"""Hypercorn with our connections, against raw sockets."""

import asyncio
import gc
from contextlib import asynccontextmanager

import h11
import pytest
from hypercorn import protocol
from hypercorn.asyncio import run
from hypercorn.config import Config
from hypercorn.protocol import h11 as http1
from hypercorn.utils import wrap_app

from server import transport

LARGE = b"x" * 300_000


async def app(scope, receive, send):
    """Answer what the path asks for."""
    if scope["type"] != "http":
        return
    path = scope["path"]
    headers = [(b"x-one", b"1")]
    body = LARGE if path == "/large" else b"hello"
    if path != "/stream":
        headers.append((b"content-length", str(len(body)).encode()))
    if path == "/split":
        headers.append((b"x-two", b"2\r\nx-three: 3"))
    if path == "/slow":
        await asyncio.sleep(0.3)
    if path == "/body":
        body = await said(receive)
        headers[-1] = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": path == "/stream"})
    if path == "/stream":
        await send({"type": "http.response.body", "body": b" again", "more_body": False})


async def said(receive):
    """Return the messages of a request's body, each ended by `|`, the last one by `.`."""
    parts, more = [], True
    while more:
        message = await receive()
        more = message["more_body"]
        parts += [message["body"], b"|" if more else b"."]
    return b"".join(parts)


@pytest.fixture
async def server(monkeypatch, tmp_path):
    """Serve `app`; yields (connect, stop)."""
    patched = (run, "TCPServer"), (protocol, "H11Protocol"), (http1, "HTTPStream")
    for module, name in patched:
        monkeypatch.setattr(module, name, getattr(module, name))  # put back after the test
    transport.use()
    config, stop = Config(), asyncio.Event()
    config.bind = [f"unix:{tmp_path / 's'}"]
    config.keep_alive_timeout = 0.3
    config.graceful_timeout = 5
    config.accesslog = None
    config.include_server_header = False
    sockets = config.create_sockets()
    serving = asyncio.create_task(
        run.worker_serve(
            wrap_app(app, 0, "asgi"), config, sockets=sockets, shutdown_trigger=stop.wait
        )
    )

    @asynccontextmanager
    async def connect():
        reader, writer = await _connection(tmp_path / "s")
        yield reader, writer
        writer.close()

    yield connect, stop
    stop.set()
    async with asyncio.timeout(10):
        await serving


async def _connection(path):
    async with asyncio.timeout(10):
        while True:
            try:
                return await asyncio.open_unix_connection(path)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)  # it is about to listen


def request(path, *headers):
    lines = [f"GET {path} HTTP/1.1", "Host: x", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def read_reply(reader):
    """Return (head, body) of a reply whose length is said."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
    return head, await reader.readexactly(length)


async def test_head_and_body_leave_in_one_write(server, monkeypatch):
    written = []
    real = asyncio.StreamWriter.write

    def write(self, data):
        if data.startswith(b"HTTP/") or b"hello" in data:
            written.append(data)
        real(self, data)

    monkeypatch.setattr(asyncio.StreamWriter, "write", write)
    async with server[0]() as (reader, writer):
        writer.write(request("/"))
        head, body = await read_reply(reader)

    assert len(written) == 1
    assert (body, "x-one: 1\r\n" in head) == (b"hello", True)


async def test_one_connection_serves_many_requests_also_sent_at_once(server):
    async with server[0]() as (reader, writer):
        writer.write(request("/") * 3 + request("/large") + request("/"))

        bodies = [(await read_reply(reader))[1] for _ in range(5)]

    assert bodies == [b"hello", b"hello", b"hello", LARGE, b"hello"]


@pytest.mark.parametrize(
    ("headers", "sent", "told"),
    [
        ("Content-Length: 5", [b"hello"], b"hello."),
        ("Content-Length: 5", [b"hel", b"lo"], b"hel|lo."),
        ("Content-Length: 0", [], b"."),
        ("Transfer-Encoding: chunked", [b"5\r\nhello\r\n0\r\n\r\n"], b"hello|."),
        (
            "Content-Length: 3\r\nTransfer-Encoding: chunked",
            [b"3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"],
            b"hel|lo|.",
        ),
    ],
)
async def test_the_last_part_of_a_body_whose_length_was_said_ends_it(server, headers, sent, told):
    async with server[0]() as (reader, writer):
        for _ in range(2):  # and the connection goes on
            writer.write(request("/body", headers))
            for part in sent:
                await asyncio.sleep(0.05)
                writer.write(part)

            assert (await read_reply(reader))[1] == told


async def test_a_client_that_reads_nothing_is_not_written_for(server):
    async with server[0]() as (reader, writer):
        writer.write(request("/large") * 40)
        await asyncio.sleep(0.3)
        (connection,) = (
            each for each in _connections() if each.writer.transport.get_write_buffer_size()
        )

        waiting = connection.writer.transport.get_write_buffer_size()

        assert waiting < 3 * len(LARGE)
        assert [len((await read_reply(reader))[1]) for _ in range(40)] == [len(LARGE)] * 40


def _connections():
    return [each for each in gc.get_objects() if isinstance(each, transport.TransportConnection)]


async def test_a_body_of_unknown_length_comes_in_chunks(server):
    async with server[0]() as (reader, writer):
        writer.write(request("/stream", "Connection: close"))
        reply = (await reader.read()).lower()

    assert b"transfer-encoding: chunked" in reply
    assert reply.endswith(b"5\r\nhello\r\n6\r\n again\r\n0\r\n\r\n")


async def test_a_header_cannot_bring_another_one(server):
    async with server[0]() as (reader, writer):
        writer.write(request("/split", "Connection: close"))
        reply = await reader.read()

    assert b"x-three" not in reply


@pytest.mark.parametrize(
    ("name", "value"),
    [(b"x-a", b"1\n"), (b"x-a", b"\0"), (b"x a", b"1"), (b"", b"1"), (b"x-a\r\nx-b", b"1")],
)
def test_what_is_no_header_is_refused(name, value):
    with pytest.raises(h11.LocalProtocolError):
        transport._line(name, value)


async def test_a_connection_is_closed_when_nothing_is_asked_for_a_while(server):
    async with server[0]() as (reader, writer):
        writer.write(request("/"))
        await read_reply(reader)

        async with asyncio.timeout(5):
            assert await reader.read() == b""


async def test_a_request_that_takes_longer_than_idle_connections_may_is_answered(server):
    async with server[0]() as (reader, writer):
        writer.write(request("/"))
        await read_reply(reader)
        await asyncio.sleep(0.15)
        writer.write(request("/slow"))

        _, body = await read_reply(reader)
        writer.write(request("/"))
        _, again = await read_reply(reader)

    assert (body, again) == (b"hello", b"hello")


async def test_idle_connections_are_closed_when_the_server_ends(server):
    connect, stop = server
    async with connect() as (reader, writer):
        writer.write(request("/"))
        await read_reply(reader)
        stop.set()

        async with asyncio.timeout(5):
            assert await reader.read() == b""


async def test_a_request_under_way_is_answered_when_the_server_ends(server):
    connect, stop = server
    async with connect() as (reader, writer):
        writer.write(request("/slow"))
        await asyncio.sleep(0.1)
        stop.set()

        _, body = await read_reply(reader)

    assert body == b"hello"
