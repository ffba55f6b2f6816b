"""What every reply carries for browsers: the rules of the HTTP Observatory, and the ASVS."""

import re
from uuid import uuid4

import pytest
from quart import Quart

from server import db
from server.app import create_app
from server.config import Settings
from server.db_connections import DatabaseAway
from server.docs_page import docs_page
from server.errors import Unavailable
from server.openapi import document
from server.users.guards import current_device
from tests.documented import check_headers
from tests.openapi_walk import KINDS, operations


# Replies that succeed: tests/test_openapi_replies.py, which sends them all.
async def test_every_operation_refuses_with_them(client, member):
    nothing = {**dict.fromkeys(KINDS.values(), uuid4()), "feed_token": "x"}
    for operation in operations(client.app):
        for headers in (dict[str, str](), member.headers):
            reply = await operation.request(member, nothing).send(client, headers)

            check_headers(reply)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/feeds/nothing.ics", 404),
        ("PUT", "/api/auth/login", 405),
        ("OPTIONS", "/api/auth/me", 405),
        ("GET", "/api/auth/me", 401),
        ("POST", "/api/auth/login", 400),
        ("GET", "/api/openapi.json", 200),
        ("GET", "/api/docs", 200),
        ("HEAD", "/api/docs", 200),
        ("GET", "/health/live", 200),
    ],
)
async def test_any_address_answers_with_them(client, method, path, status):
    reply = await client.open(path, method=method)

    assert reply.status_code == status
    check_headers(reply)


async def test_a_body_over_the_limit_is_refused_with_them(client):
    reply = await client.post("/api/auth/login", data=b" " * 1_100_000)

    assert reply.status_code == 413
    check_headers(reply)


@pytest.mark.parametrize(
    ("error", "status"),
    [(RuntimeError("x"), 500), (Unavailable("x"), 503), (DatabaseAway("x"), 503)],
)
async def test_what_breaks_answers_with_them(client, member, monkeypatch, error, status):
    async def fail(*_):
        raise error

    monkeypatch.setattr(db, "fetch_row", fail)

    reply = await client.post("/api/auth/login", json={"email": "a@example.org", "password": "x"})

    assert reply.status_code == status
    check_headers(reply)


async def test_a_route_may_keep_its_own_policy_and_caching(database):
    app = create_app(database)

    @app.get("/own")
    async def own() -> tuple[str, dict[str, str]]:
        return "", {"Cache-Control": "private, max-age=60"}

    reply = await app.test_client().get("/own")

    assert reply.headers.getlist("Cache-Control") == ["private, max-age=60"]
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


async def test_tls_is_demanded_where_the_world_comes_by_tls(database):
    secure = create_app(database.model_copy(update={"public_url": "https://box.example.org"}))
    plain = create_app(database.model_copy(update={"public_url": "http://box.lan"}))

    demanded = await secure.test_client().get("/api/nothing")

    (value,) = demanded.headers.getlist("Strict-Transport-Security")
    assert int(value.removeprefix("max-age=")) >= 15_768_000  # six months
    reply = await plain.test_client().get("/api/nothing")
    assert "Strict-Transport-Security" not in reply.headers


async def test_the_page_for_people_may_use_its_own_style_and_nothing_else(client):
    reply = await client.get("/api/docs")

    policy = reply.headers["Content-Security-Policy"]
    assert re.search(r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; ", policy)


def test_the_page_for_people_has_nothing_that_its_policy_forbids():
    page = docs_page(document(create_app(Settings())))

    assert page.count("<style>") == 1
    assert not re.search(r"<(script|img|iframe|form|base|object)\b|\sstyle=|\son\w+=", page)


@pytest.mark.parametrize(("hops", "expected"), [(0, "10.0.0.1"), (1, "203.0.113.7")])
async def test_the_clients_address_is_that_behind_our_proxies(database, hops, expected):
    app: Quart = create_app(database.model_copy(update={"trusted_proxy_hops": hops}))
    seen = []

    @app.get("/seen")
    async def see() -> str:
        seen.append(current_device().address)
        return ""

    await app.test_client().get(
        "/seen",
        headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.7", "Remote-Addr": "9.9.9.9"},
        scope_base={"client": ("10.0.0.1", 4711)},
    )

    assert seen == [expected]
