"""`catchup verify` against a real server, by HTTP and behind TLS of the tests' own."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from server.health import outside, outside_member
from server.health.checks import Check
from server.health.outside import Deployment
from server.lib.clock import utc_now
from tests.factories import PASSWORD
from tests.http_server import HttpServer, http_server
from tests.mfa import turn_on
from tests.tls import tls_front


@pytest.fixture
async def server(database, tmp_path: Path) -> AsyncIterator[HttpServer]:
    with (tmp_path / "log").open("wb") as log:
        async with http_server(log) as running:
            yield running


@asynccontextmanager
async def deployment(url: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[Deployment]:
    tls = tls or ssl.create_default_context()
    async with httpx2.AsyncClient(base_url=url, verify=tls, trust_env=False) as http:
        yield Deployment(http, url, tls)


async def results(checks: AsyncIterator[Check]) -> dict[str, Check]:
    return {check.name: check async for check in checks}


async def test_a_well_kept_server_passes_every_check(server):
    async with deployment(server.url) as seen:
        checks = await results(outside.look(seen))

    assert {name: check.detail for name, check in checks.items() if check.status == "fail"} == {}
    assert {"alive", "health: database", "headers", "refusal", "cors", "document"} <= set(checks)


async def test_a_member_can_do_all_and_leaves_nothing_behind(server, member):
    async with deployment(server.url) as seen:
        checks = await results(outside_member.look(seen, member.email, PASSWORD))
        left = {
            path: (await seen.http.get(path, headers=member.headers)).json()["items"]
            for path in ("/api/contacts", "/api/feeds")
        }

    assert {name: check.detail for name, check in checks.items() if check.status == "fail"} == {}
    assert {"sign-in", "contacts", "suggestions", "feed", "sign-out"} <= set(checks)
    assert left == {"/api/contacts": [], "/api/feeds": []}


async def test_a_wrong_password_is_one_failed_check(server, member):
    async with deployment(server.url) as seen:
        checks = await results(outside_member.look(seen, member.email, "something else"))

    assert [(check.name, check.status) for check in checks.values()] == [("sign-in", "fail")]


async def test_who_has_a_second_factor_is_told_why_it_ends_there(server, member):
    await turn_on(member, now=utc_now())
    async with deployment(server.url) as seen:
        checks = await results(outside_member.look(seen, member.email, PASSWORD))

    assert "second factor" in checks["sign-in"].detail


async def test_a_certificate_is_looked_at(server, tmp_path):
    async with (
        tls_front(server.url, tmp_path, days=40) as (url, authority),
        deployment(url, authority) as seen,
    ):
        checks = await results(outside.look(seen))

    assert checks["tls"].status == "ok"
    assert "39 days" in checks["tls"].detail or "40 days" in checks["tls"].detail


async def test_a_certificate_that_ends_soon_is_a_warning(server, tmp_path):
    async with (
        tls_front(server.url, tmp_path, days=3) as (url, authority),
        deployment(url, authority) as seen,
    ):
        checks = await results(outside.look(seen))

    assert checks["tls"].status == "warn"


async def test_a_certificate_of_nobody_known_fails(server, tmp_path):
    async with tls_front(server.url, tmp_path, days=40) as (url, _), deployment(url) as seen:
        check = await anext(aiter(outside.look(seen)))

    assert (check.name, check.status) == ("tls", "fail")
