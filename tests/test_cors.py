import pytest

from server.app import create_app

APP = "https://app.example.org"
LOGIN = "/api/auth/login"
PREFLIGHT = {
    "Origin": APP,
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,if-match",
}


@pytest.fixture
def browser(database):
    """A client of an application that pages of APP may call."""
    return create_app(database.model_copy(update={"cors_allowed_origins": [APP]})).test_client()


def cors_headers(reply):
    """Return the names in small letters, as they come over the wire."""
    names = [name.lower() for name, _ in reply.headers.items()]
    return [name for name in names if name.startswith("access-control-")]


async def test_a_preflight_says_what_the_address_takes(browser):
    reply = await browser.options("/api/auth/me", headers=PREFLIGHT)

    assert (reply.status_code, await reply.get_data()) == (204, b"")
    assert reply.headers["Access-Control-Allow-Origin"] == APP
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, HEAD, PATCH"
    assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
    assert "Idempotency-Key" in reply.headers["Access-Control-Allow-Headers"]


async def test_a_reply_may_be_read_with_its_headers(browser, member):
    reply = await browser.get("/api/auth/me", headers={**member.headers, "Origin": APP})

    assert cors_headers(reply) == ["access-control-allow-origin", "access-control-expose-headers"]
    assert reply.headers["Access-Control-Allow-Origin"] == APP
    assert "ETag" in reply.headers["Access-Control-Expose-Headers"]
    assert "RateLimit-Remaining" in reply.headers["Access-Control-Expose-Headers"]
    assert "Origin" in reply.headers["Vary"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/auth/me", 401),
        ("GET", "/api/nothing", 404),
        ("GET", LOGIN, 405),
        ("POST", LOGIN, 400),
    ],
)
async def test_errors_may_be_read_too(browser, method, path, status):
    reply = await browser.open(path, method=method, headers={"Origin": APP}, json={})

    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (status, APP)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example.org",
        "null",
        f"{APP}.evil.org",
        f"{APP}:8443",
        "http://app.example.org",
    ],
)
async def test_other_pages_are_told_nothing(browser, origin):
    preflight = await browser.options("/api/auth/me", headers={**PREFLIGHT, "Origin": origin})
    reply = await browser.get("/health/live", headers={"Origin": origin})

    assert preflight.status_code == 405
    assert cors_headers(preflight) == cors_headers(reply) == []
    assert "Origin" in reply.headers["Vary"]


async def test_cookies_are_never_asked_for(browser):
    for reply in (
        await browser.options("/api/auth/me", headers=PREFLIGHT),
        await browser.get("/health/live", headers={"Origin": APP}),
    ):
        assert "Access-Control-Allow-Credentials" not in reply.headers


async def test_a_preflight_of_an_unknown_address_answers_404(browser):
    assert (await browser.options("/api/nothing", headers=PREFLIGHT)).status_code == 404


async def test_options_without_a_question_answers_405(browser):
    assert (await browser.options(LOGIN, headers={"Origin": APP})).status_code == 405


async def test_without_origins_browsers_are_told_nothing(client):
    preflight = await client.options("/api/auth/me", headers=PREFLIGHT)
    reply = await client.get("/health/live", headers={"Origin": APP})

    assert preflight.status_code == 405
    assert cors_headers(preflight) == cors_headers(reply) == []
    assert "Vary" not in reply.headers
