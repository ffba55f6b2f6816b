"""A request between Hypercorn and Quart, spoken to in ASGI."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from quart import Quart, Response, request
from structlog.testing import capture_logs

from server import connection, logs
from server.connection import Connection


class Client:
    """The other end of one ASGI request: what it sends, what it has got."""

    def __init__(self, app, method="GET", path="/"):
        self.sent = []
        self.takes_replies = True
        self.takes_s = 0.0
        self.events: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "asgi": {"version": "3.0"},
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"x")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "extensions": {},
        }
        self.app = app

    def send(self, body=b"", *, more=False):
        self.events.put_nowait({"type": "http.request", "body": body, "more_body": more})

    def leave(self):
        self.events.put_nowait({"type": "http.disconnect"})

    async def receive(self, message):
        if not self.takes_replies:
            await asyncio.sleep(5)
        await asyncio.sleep(self.takes_s)
        self.sent.append(message)

    async def run(self):
        async with asyncio.timeout(10):
            await self.app(self.scope, self.events.get, self.receive)

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent)


ended: list[str] = []


@pytest.fixture
def app():
    logs.configure("info")
    app = Quart("test")
    app.asgi_http_class = Connection
    logs.configure("info")  # whatever a test before this one left
    ended.clear()

    @app.get("/")
    async def whole() -> str:
        return "all of it"

    @app.get("/parts")
    async def parts() -> Response:
        async def lines() -> AsyncIterator[str]:
            yield "one"
            yield "two"

        return Response(lines())

    @app.get("/long")
    async def long() -> Response:
        async def lines() -> AsyncIterator[str]:
            for _ in range(20):
                yield "line"

        return Response(lines())

    @app.get("/large")
    async def large() -> str:
        return "x" * (2 * connection.PIECE + 1)

    @app.post("/")
    async def echo() -> Response:
        return Response(await request.get_data())

    @app.route("/slow", methods=["GET", "POST"])
    async def slow() -> str:
        try:
            await asyncio.sleep(5)
        finally:
            ended.append("slow")
        return "too late"

    return app


async def test_a_reply_goes_out_as_one_start_and_one_body(app):
    client = Client(app)
    client.send()

    await client.run()

    assert [message["type"] for message in client.sent] == [
        "http.response.start",
        "http.response.body",
    ]
    assert client.body == b"all of it"
    assert client.sent[-1]["more_body"] is False


async def test_a_reply_that_is_made_in_parts_arrives_whole(app):
    client = Client(app, path="/parts")
    client.send()

    await client.run()

    assert client.body == b"onetwo"
    assert client.sent[-1]["more_body"] is False


async def test_a_body_that_arrives_in_parts_is_read_whole(app):
    client = Client(app, "POST")
    client.send(b"one", more=True)
    running = asyncio.create_task(client.run())
    await asyncio.sleep(0.01)
    client.send(b"two", more=True)
    client.send(b"three")

    await running

    assert client.body == b"onetwothree"


async def test_a_body_that_arrives_at_once_is_read(app):
    client = Client(app, "POST")
    client.send(b"one")

    await client.run()

    assert client.body == b"one"


async def test_a_request_whose_client_goes_away_is_given_up(app, monkeypatch):
    monkeypatch.setattr(connection, "WATCH_AFTER_S", 0.01)
    client = Client(app, path="/slow")
    client.send()
    client.leave()

    await client.run()

    assert ended == ["slow"]
    assert client.sent == []


async def test_a_client_that_goes_away_with_half_its_body_sent_is_given_up(app):
    client = Client(app, "POST", "/slow")
    client.send(b"one", more=True)
    client.leave()

    await client.run()

    assert ended == ["slow"]
    assert client.sent == []


async def test_a_client_that_is_gone_before_it_asked_costs_nothing(app):
    client = Client(app, path="/slow")
    client.leave()

    await client.run()

    assert ended == []


async def test_a_server_that_stops_can_still_cancel_a_request(app):
    client = Client(app, path="/slow")
    client.send()
    running = asyncio.create_task(client.run())
    await asyncio.sleep(0.01)

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended == ["slow"]


async def test_a_client_that_does_not_take_its_reply_is_left(app):
    app.config["RESPONSE_TIMEOUT"] = 0.01
    client = Client(app)
    client.send()
    client.takes_replies = False

    with capture_logs() as logged:
        await client.run()

    assert client.sent == []
    assert [(line["event"], line["route"]) for line in logged] == [("http.reply_cut_off", "/")]


async def test_a_large_reply_goes_out_in_pieces_and_arrives_whole(app):
    client = Client(app, path="/large")
    client.send()

    await client.run()

    sizes = [len(message["body"]) for message in client.sent[1:]]
    assert sizes == [connection.PIECE, connection.PIECE, 1]
    assert [message["more_body"] for message in client.sent[1:]] == [True, True, False]


async def test_a_slow_client_gets_a_long_file_as_long_as_it_takes_each_piece(app):
    app.config["RESPONSE_TIMEOUT"] = 0.2
    client = Client(app, path="/long")
    client.takes_s = 0.02  # 0.4 s and more for all of it
    client.send()

    await client.run()

    assert client.body == b"line" * 20
    assert client.sent[-1]["more_body"] is False


async def test_a_file_that_is_cut_off_does_not_say_that_it_is_whole(app):
    app.config["RESPONSE_TIMEOUT"] = 0.1
    client = Client(app, path="/long")
    client.send()
    real, taken = client.receive, []

    async def receive(message):
        taken.append(message)
        client.takes_replies = len(taken) < 5
        await real(message)

    client.receive = receive  # type: ignore[method-assign]
    with capture_logs() as logged:
        await client.run()

    assert client.body == b"line" * 3
    assert all(message.get("more_body", True) for message in client.sent)
    assert [line["event"] for line in logged] == ["http.reply_cut_off"]


async def test_what_fails_while_a_reply_is_made_is_not_taken_for_a_slow_client(app):
    @app.get("/failing")  # type: ignore[untyped-decorator]
    async def failing() -> Response:
        async def lines() -> AsyncIterator[str]:
            yield "one"
            raise TimeoutError("the database")

        return Response(lines())

    client = Client(app, path="/failing")
    client.send()

    with pytest.raises(TimeoutError, match="the database"):
        await client.run()


async def test_nothing_is_left_running_after_a_request(app):
    before = asyncio.all_tasks()
    client = Client(app)
    client.send()

    await client.run()

    assert asyncio.all_tasks() == before
