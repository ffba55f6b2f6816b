import asyncio
import gzip
import ssl
from collections.abc import Callable
from contextlib import asynccontextmanager
from unittest.mock import Mock

import pytest

from tests.tls import tls_front
from tests.tui.fake_server import FakeServer, Reply
from tui import http as module
from tui.errors import Cut, Unreachable
from tui.http import Http

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
async def http(server: FakeServer):
    server.on("/thing", {"name": "x"})
    server.on("/thing", {"name": "x"}, method="POST")
    http = Http(server.url)
    yield http
    await http.close()


@asynccontextmanager
async def raw_server(answer: Callable[[int], bytes]):
    """Answer each request as it is numbered, then leave the line alone; empty: cut it."""
    lines: list[asyncio.StreamWriter] = []
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        lines.append(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                asked += 1
                if not (data := answer(asked)):
                    break
                writer.write(data)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    http = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    try:
        yield http, lines
    finally:
        await http.close()
        server.close()


async def test_a_request_says_what_it_carries(server, http):
    await http.send(
        "POST", "/api/admin/thing", params={"q": "a b&c"}, headers={"X-One": "1"}, body={"n": 1}
    )

    asked = server.asked[0]
    assert (asked.query, asked.body) == ({"q": "a b&c"}, {"n": 1})
    assert asked.headers["host"] == server.url.removeprefix("http://")
    assert (asked.headers["x-one"], asked.headers["content-type"]) == ("1", "application/json")


async def test_a_path_is_quoted_once(server, http):
    await http.send("GET", "/api/a b/c%2Fd")

    assert server.asked[0].path == "/api/a%20b/c%2Fd"


async def test_a_line_is_used_again():
    async with raw_server(lambda _: WHOLE) as (http, lines):
        for _ in range(3):
            await http.send("GET", "/")

    assert len(lines) == 1


async def test_requests_at_the_same_time_do_not_wait_for_each_other():
    async with raw_server(lambda _: WHOLE) as (http, lines):
        await asyncio.gather(http.send("GET", "/"), http.send("GET", "/"))

    assert len(lines) == 2


async def test_a_line_that_was_closed_or_long_unused_is_not_used_again(monkeypatch):
    async with raw_server(lambda _: WHOLE) as (http, lines):
        await http.send("GET", "/")
        lines[0].close()
        await asyncio.sleep(0.05)
        await http.send("GET", "/")
        monkeypatch.setattr(module, "KEPT_S", 0.0)
        await http.send("GET", "/")

    assert len(lines) == 3


async def test_a_line_whose_request_was_called_off_is_not_used_again():
    async with raw_server(lambda number: b"HTTP/1.1 200" if number == 1 else WHOLE) as (
        http,
        lines,
    ):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(http.send("GET", "/"), 0.1)
        await http.send("GET", "/")

    assert len(lines) == 2


async def test_a_packed_answer_is_unpacked(server, http):
    packed = Reply(body=gzip.compress(b'{"name": "y"}'), headers={"Content-Encoding": "gzip"})
    server.on("/packed", packed)

    assert (await http.send("GET", "/api/admin/packed")).json() == {"name": "y"}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
async def test_an_answer_that_is_none_is_a_cut_line(said):
    async with raw_server(lambda _: said) as (http, _):
        with pytest.raises(Cut, match="line was cut"):
            await http.send("GET", "/")


async def test_what_comes_before_the_answer_is_passed_over():
    async with raw_server(lambda _: b"HTTP/1.1 103 Early\r\n\r\n" + WHOLE) as (http, _):
        assert (await http.send("GET", "/")).status == 200


async def test_an_answer_of_unknown_length_comes_whole():
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n"
    async with raw_server(lambda _: chunks) as (http, _):
        assert (await http.send("GET", "/")).json() == []


async def test_what_a_taker_raises_is_not_a_cut_line(server, http):
    def full(part: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await http.send("GET", "/api/admin/thing", into=full)


async def test_the_body_of_an_error_is_not_handed_on(http):
    parts: list[bytes] = []

    reply = await http.send("GET", "/api/admin/nothing", into=parts.append)

    assert (reply.status, parts) == (404, [])
    assert reply.json()["code"] == "not_found"


async def test_a_server_below_a_path_is_asked_there(server):
    server.on("/api/below/thing", {"name": "x"})
    http = Http(f"{server.url}/api/below/")

    assert (await http.send("GET", "/thing")).status == 200
    await http.close()


async def test_a_certificate_that_the_machine_trusts_is_believed(server, tmp_path, monkeypatch):
    server.on("/thing", {"name": "x"})
    async with tls_front(server.url, tmp_path, days=1) as (url, _):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "both.pem"))
        http = Http(url)
        reply = await http.send("GET", "/api/admin/thing")
        await http.close()

    assert reply.json() == {"name": "x"}


async def test_a_certificate_that_nobody_vouches_for_is_not_believed(server, tmp_path):
    async with tls_front(server.url, tmp_path, days=1) as (url, _):
        with pytest.raises(Unreachable, match="cannot be reached"):
            await Http(url).send("GET", "/api/admin/thing")

    assert server.asked == []


def test_an_address_that_is_none_is_a_value_error():
    with pytest.raises(ValueError, match="label"):
        Http("https://a..example")


@pytest.mark.parametrize(
    ("url", "loads"), [("http://127.0.0.1:8000", 0), ("unix:/x", 0), ("https://box.example.org", 1)]
)
def test_certificates_are_loaded_for_tls_only(monkeypatch, url, loads):
    made = Mock(wraps=ssl.create_default_context)
    monkeypatch.setattr(ssl, "create_default_context", made)

    Http(url)

    assert made.call_count == loads
