"""What reaches Sentry: a fake one on this machine, asked through the real SDK."""

from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from server import reporting
from server.app import create_app
from server.config import Settings
from server.lib.version import VERSION
from tests.sentry import Sentry, running_sentry

CANARY = "canary-Ana-0049151"


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with running_sentry() as running:
        yield running
        reporting.stop()


@pytest.fixture
def reported(sentry: Sentry) -> Sentry:
    """Sentry, with every error and every request reported."""
    reporting.start(Settings(sentry_dsn=SecretStr(sentry.dsn), sentry_traces_sample_rate=1))
    return sentry


def break_down(secret: str) -> None:
    local = {"note": secret}
    raise ValueError(f"cannot store {local}")


def capture(**more: str) -> None:
    structlog.contextvars.bind_contextvars(secret=CANARY)
    try:
        break_down(CANARY)
    except ValueError as error:
        reporting.capture(error, transaction="/api/contacts/<uuid:contact_id>", **more)
    finally:
        structlog.contextvars.clear_contextvars()


def test_an_error_arrives_with_its_place(reported):
    capture(request_id="request-1")

    [event] = reported.events()
    [value] = event["exception"]["values"]
    last = value["stacktrace"]["frames"][-1]
    assert (value["type"], last["function"]) == ("ValueError", "break_down")
    assert last["filename"].endswith("tests/test_reporting.py")
    assert event["transaction"] == "/api/contacts/<uuid:contact_id>"
    assert event["tags"] == {"request_id": "request-1"}
    assert event["release"] == f"catchup@{VERSION}"


def test_neither_its_text_nor_any_variable_arrives(reported):
    capture()

    reported.events()
    assert reported.bodies
    assert CANARY not in "".join(reported.bodies)


def test_only_listed_parts_arrive(reported):
    capture()

    [event] = reported.events()
    assert set(event) <= {
        "event_id", "timestamp", "platform", "level", "release", "environment", "transaction",
        "tags", "exception",
    }  # fmt: skip
    assert set(event["exception"]["values"][0]) == {"type", "module", "stacktrace"}


def test_a_request_is_traced_by_its_route(reported):
    finish = reporting.trace("/api/contacts/<uuid:contact_id>")
    finish(200)

    [event] = reported.events()
    assert (event["type"], event["transaction"]) == (
        "transaction",
        "/api/contacts/<uuid:contact_id>",
    )
    assert event["contexts"]["trace"]["op"] == "http.server"
    assert set(event["contexts"]) == {"trace"}


def test_nothing_is_traced_at_a_rate_of_zero(sentry):
    reporting.start(Settings(sentry_dsn=SecretStr(sentry.dsn), sentry_traces_sample_rate=0))
    reporting.trace("/health")(200)

    assert sentry.events() == []


def test_without_an_address_nothing_starts():
    reporting.start(Settings(sentry_dsn=None))

    capture()
    reporting.trace("/health")(200)


async def test_a_route_that_breaks_is_reported_without_what_was_sent(database, reported):
    app = create_app(database)

    async def broken(name: str) -> str:
        raise ValueError(name)

    app.add_url_rule("/api/broken/<name>", view_func=broken)
    client = app.test_client()

    reply = await client.post(f"/api/broken/{CANARY}", json={"note": CANARY})
    assert reply.status_code == 405
    reply = await client.get(f"/api/broken/{CANARY}", headers={"X-Note": CANARY})

    errors = [event for event in reported.events() if "exception" in event]
    assert reply.status_code == 500
    assert [error["transaction"] for error in errors] == ["/api/broken/<name>"]
    assert errors[0]["tags"]["request_id"] == reply.headers["X-Request-ID"]
    assert CANARY not in "".join(reported.bodies)
