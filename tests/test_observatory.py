"""Every kind of reply, errors and refusals too, scored as the HTTP Observatory would."""

import pytest
from werkzeug.datastructures import Headers

from server import limits
from server.app import create_app
from server.errors import RateLimited
from tests.documented import check_headers
from tests.factories import make_member
from tests.observatory import score
from tests.openapi_walk import operations
from tests.owned import own_one_of_each

MOST = 130
"""What a server without cookies can have; 120 are asked for, and 100 are an A+."""
ME = "/api/auth/me"
LOGIN = "/api/auth/login"
APP = "https://app.example.org"
PREFLIGHT = {"Origin": APP, "Access-Control-Request-Method": "GET"}


@pytest.fixture
def client(database):
    """A client of a server that the world reaches by TLS, and one page may call."""
    said = {"public_url": "https://box.example.org", "cors_allowed_origins": [APP]}
    return create_app(database.model_copy(update=said)).test_client()


def check(reply):
    check_headers(reply)
    assert score(reply.headers) == MOST
    (hsts,) = reply.headers.getlist("Strict-Transport-Security")
    assert hsts == "max-age=63072000"


async def test_what_succeeds(client):
    member = await make_member()
    own = await own_one_of_each(client, member)
    statuses = set()
    for operation in operations(client.app):
        if operation.method in {"GET", "POST"} and operation.name != "logout":
            reply = await operation.request(member, own).send(client, member.headers)
            check(reply)
            statuses.add(reply.status_code)

    assert {200, 201} <= statuses


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/api/docs", {}, 200),
        ("HEAD", "/api/docs", {}, 200),
        ("GET", "/health", {}, 200),
        ("HEAD", "/health/live", {}, 200),
        ("OPTIONS", ME, {"headers": PREFLIGHT}, 204),
        ("OPTIONS", ME, {}, 405),
        ("OPTIONS", "/nowhere", {}, 404),
        ("POST", LOGIN, {"json": {}}, 400),
        ("POST", LOGIN, {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("GET", ME, {}, 401),
        ("GET", ME, {"headers": {"Authorization": "Bearer x"}}, 401),
        ("GET", "/", {}, 404),
        ("GET", "/api//contacts", {}, 404),
        ("GET", "/api/contacts/", {}, 404),
        ("GET", "/feeds/x.ics", {}, 404),
        ("GET", "/%00", {}, 404),
        ("DELETE", LOGIN, {}, 405),
        ("TRACE", LOGIN, {}, 405),
        ("POST", LOGIN, {"data": b" " * 1_100_000}, 413),
    ],
)
async def test_what_is_refused(client, method, path, more, status):
    reply = await client.open(path, method=method, **more)

    assert reply.status_code == status
    check(reply)


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("x"), 500), (RateLimited("x"), 429), (OSError(28, "x"), 503)],
)
async def test_what_breaks(client, monkeypatch, error, status):
    async def fail(*_, **__):
        raise error

    monkeypatch.setattr(limits, "take", fail)

    reply = await client.get("/api/docs")

    assert reply.status_code == status
    check(reply)


async def test_what_has_not_changed(client):
    member = await make_member()
    first = await client.get("/api/contacts", headers=member.headers)
    known = {"If-None-Match": first.headers["ETag"]}

    again = await client.get("/api/contacts", headers={**member.headers, **known})

    assert again.status_code == 304
    check(again)


async def test_a_feed(client):
    member = await make_member()
    own = await own_one_of_each(client, member)
    reply = await client.get(f"/feeds/{own['feed_token']}.ics")

    assert reply.status_code == 200
    check(reply)


GOOD = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def test_a_reply_with_all_of_them_has_what_there_is_to_have_without_cookies():
    assert score(Headers(GOOD)) == MOST


@pytest.mark.parametrize("name", GOOD)
def test_each_of_them_counts(name):
    assert score(Headers({n: value for n, value in GOOD.items() if n != name})) < MOST


@pytest.mark.parametrize(
    "worse",
    [
        {"Content-Security-Policy": "default-src 'self' 'unsafe-inline'"},
        {"Content-Security-Policy": "default-src *; frame-ancestors 'none'"},
        {"Strict-Transport-Security": "max-age=60"},
        {"Access-Control-Allow-Origin": "*"},
        {"Set-Cookie": "a=b"},
        {"Referrer-Policy": "unsafe-url"},
    ],
)
def test_what_the_observatory_punishes_costs_points(worse):
    assert score(Headers({**GOOD, **worse})) < MOST
