"""What stands before every route: who calls, how often, and what a reply says about it."""

from uuid import UUID, uuid4

import pytest

from server import config, limits, redis_client
from server.app import create_app
from server.limits import Limit
from server.users.guards import current_values, public, requires
from server.users.permissions import Permission
from tests.factories import PASSWORD

ME = "/api/auth/me"
LOGIN = "/api/auth/login"


@pytest.fixture
def limited(database, environment, monkeypatch):
    """An application with 5 requests a minute, and routes of the test's own."""
    monkeypatch.setitem(limits.ALWAYS, Limit.SIGN_IN, limits.SIGN_INS)
    environment.setenv("RATE_LIMIT_PER_MINUTE", "5")
    config.settings.cache_clear()
    limits.forget()
    app = create_app()

    @app.get("/api/notes")
    @requires(Permission.CONTACTS_READ, limit=Limit.VOICE)
    async def notes() -> str:
        return "done"

    async def versions() -> list[str]:
        return [repr(value) for value in current_values() or ()]

    versions.redis_keys = lambda scope: [f"versions:{scope.user_id}", "absent"]  # type: ignore[attr-defined]
    app.get("/api/versions")(requires(Permission.CONTACTS_READ)(versions))

    @app.get("/api/admins")
    @requires(Permission.ADMIN_READ)
    async def admins() -> str:
        return "done"

    @app.get("/open")
    @public("a test")
    async def open_to_all() -> str:
        return "done"

    yield app.test_client()
    environment.setenv("RATE_LIMIT_PER_MINUTE", "0")
    config.settings.cache_clear()


@pytest.fixture
def place():
    """An address that no other test calls from."""
    digits = uuid4().hex
    return {"client": (f"2001:db8:{digits[:4]}:{digits[4:8]}::1", 4711)}


def budget(reply):
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    return tuple(int(reply.headers[name]) for name in names)


async def test_every_reply_says_what_is_left(limited, member):
    replies = [await limited.get(ME, headers=member.headers) for _ in range(2)]

    assert [budget(reply) for reply in replies] == [(5, 4, 12), (5, 3, 24)]


async def test_more_than_the_limit_answers_429_with_the_time_to_wait(limited, member):
    for _ in range(5):
        await limited.get(ME, headers=member.headers)

    reply = await limited.get(ME, headers=member.headers)

    found = await reply.get_json(force=True)
    assert (reply.status_code, found["code"]) == (429, "rate_limited")
    assert 10 <= int(reply.headers["Retry-After"]) <= 12
    assert budget(reply)[:2] == (5, 0)


async def test_two_users_do_not_share_a_budget(limited, member, stranger):
    for _ in range(6):
        await limited.get(ME, headers=member.headers)

    assert (await limited.get(ME, headers=stranger.headers)).status_code == 200


async def test_two_sessions_of_a_user_share_one(limited, member, place):
    second = await limited.post(
        LOGIN, json={"email": member.email, "password": PASSWORD}, scope_base=place
    )
    headers = {"Authorization": f"Bearer {(await second.get_json())['token']}"}
    await limited.get(ME, headers=member.headers)

    assert budget(await limited.get(ME, headers=headers))[1] == 3


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PATCH", ME, 400),
        ("GET", f"{ME}?mood=good", 400),
        ("GET", "/api/contacts?mood=good", 400),
        ("GET", f"/api/contacts/{UUID(int=1)}", 404),
    ],
)
async def test_errors_say_what_is_left_too(limited, member, method, path, status):
    reply = await limited.open(path, method=method, headers=member.headers, json={"mood": 1})

    assert (reply.status_code, budget(reply)[1]) == (status, 4)


async def test_a_forbidden_call_counts(limited, stranger):
    reply = await limited.get("/api/admins", headers=stranger.headers)

    assert (reply.status_code, budget(reply)[1]) == (403, 4)


async def test_calls_without_a_valid_token_count_by_address(limited, place):
    headers = {"Authorization": "Bearer x"}
    replies = [await limited.get(ME, headers=headers, scope_base=place) for _ in range(6)]

    assert [reply.status_code for reply in replies] == [401] * 5 + [429]


async def test_open_routes_count_by_address(limited, place):
    replies = [await limited.get("/open", scope_base=place) for _ in range(6)]

    assert [reply.status_code for reply in replies] == [200] * 5 + [429]
    assert (await limited.get("/open", scope_base={"client": ("::1", 1)})).status_code == 200


async def test_one_customers_ipv6_addresses_share_a_budget(limited, place):
    network = place["client"][0].removesuffix("::1")
    for host in range(1, 6):
        await limited.get("/open", scope_base={"client": (f"{network}:a:b:c:{host}", 1)})

    assert (await limited.get("/open", scope_base=place)).status_code == 429


async def test_sign_in_has_a_tier_of_its_own_by_address(limited, place):
    body = {"email": "nobody@example.org"}
    replies = [await limited.post(LOGIN, json=body, scope_base=place) for _ in range(21)]

    assert [reply.status_code for reply in replies] == [400] * 20 + [429]
    assert (await limited.get("/open", scope_base=place)).status_code == 200


async def test_a_known_device_passes_the_budget_that_others_at_its_address_used_up(
    limited, member, place
):
    body = {"email": member.email, "password": PASSWORD}
    known = {**body, "earlier_token": member.refresh_token}
    for _ in range(20):
        await limited.post(LOGIN, json={}, scope_base=place)

    replies = [
        await limited.post(LOGIN, json=one, scope_base=place)
        for one in (body, known, {**known, "earlier_token": "cur_unknown"}, {**known, "email": "x"})
    ]

    assert [reply.status_code for reply in replies] == [429, 200, 429, 429]


async def test_a_route_names_its_tier(limited, member):
    reply = await limited.get("/api/notes", headers=member.headers)

    assert budget(reply) == (10, 9, 360)


async def test_a_route_gets_the_values_that_it_asked_for(limited, member):
    await redis_client.shared().set(f"versions:{member.scope.user_id}", 3, ex=60)

    reply = await limited.get("/api/versions", headers=member.headers)

    assert await reply.get_json() == ["b'3'", "None"]


@pytest.mark.parametrize("path", ["/health", "/health/live"])
async def test_monitors_are_never_refused(limited, place, path):
    for _ in range(8):
        reply = await limited.get(path, scope_base=place)

    assert reply.status_code == 200
    assert "RateLimit-Limit" not in reply.headers


async def test_nothing_is_said_where_nothing_is_limited(client, member):
    reply = await client.get(ME, headers=member.headers)

    assert "RateLimit-Limit" not in reply.headers
