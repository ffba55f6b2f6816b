"""The product through a real PgBouncer in transaction mode."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from server import config, db, migrate
from server.app import create_app
from server.config import Settings
from server.health import service as health
from server.keys import service as keys
from server.lib.clock import utc_now
from server.users import sessions
from tests.factories import PASSWORD
from tests.pgbouncer import program, running_pgbouncer

pytestmark = pytest.mark.skipif(program() is None, reason="pgbouncer is not installed")

BOOK = "".join(
    f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c{n}\r\nFN:Contact {n}\r\nN:{n};Contact;;;\r\n"
    f"EMAIL:c{n}@example.org\r\nEND:VCARD\r\n"
    for n in range(300)
)


@pytest.fixture
async def pooled(
    own_database: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Settings]:
    """Settings whose DATABASE_URL leads through PgBouncer, and the direct one to the server."""
    with running_pgbouncer(own_database.database) as url:
        monkeypatch.setenv("DATABASE_DIRECT_URL", own_database.database)
        monkeypatch.setenv("DATABASE_URL", url)
        config.settings.cache_clear()
        keys.forget_boxes()
        sessions.forget_cached()
        yield config.settings()
    config.settings.cache_clear()


@pytest.fixture
async def client(pooled):
    """A client of an app that serves."""
    app = create_app(pooled)
    async with app.test_app() as running:
        yield running.test_client()


async def register(client):
    reply = await client.post(
        "/api/auth/register",
        json={"email": "nia@example.org", "password": PASSWORD, "zone": "Europe/Berlin"},
    )
    return {"Authorization": f"Bearer {(await reply.get_json())['token']}"}


async def test_a_new_user_imports_an_address_book_and_gets_suggestions(client):
    headers = await register(client)

    imported = await client.post("/api/contacts/import", headers=headers, data=BOOK)
    asked = await client.post("/api/suggestions/generate", headers=headers)
    listed = await client.get("/api/contacts?limit=1000", headers=headers)
    suggested = await client.get("/api/suggestions", headers=headers)

    assert [reply.status_code for reply in (imported, asked, listed, suggested)] == [200] * 4
    assert len((await listed.get_json())["items"]) == 300
    assert (await suggested.get_json())["items"]


async def test_more_clients_than_connections_are_all_served(client):
    headers = await register(client)

    async def use(number):
        made = await client.post("/api/groups", headers=headers, json={"name": f"Group {number}"})
        read = await client.get("/api/groups?limit=200", headers=headers)
        return made.status_code, read.status_code

    assert set(await asyncio.gather(*(use(number) for number in range(60)))) == {(201, 200)}


async def test_advisory_locks_let_one_go_at_a_time(client):
    inside = most = 0

    async def take():
        nonlocal inside, most
        async with db.transaction():
            await db.execute("SELECT pg_advisory_xact_lock(7)")
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1

    await asyncio.gather(*(take() for _ in range(12)))

    assert most == 1
    assert await db.fetch_value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_json_and_copy_work_on_every_connection(client):
    async def round_trip(number):
        return await db.fetch_value("SELECT $1::jsonb", {"number": number})

    async with db.transaction():
        await db.execute("CREATE TEMPORARY TABLE copied (id int, body text) ON COMMIT DROP")
        await db.insert_rows("copied", ["id", "body"], [(n, "x") for n in range(1000)])
        assert await db.fetch_value("SELECT count(*) FROM copied") == 1000
    found = await asyncio.gather(*(round_trip(number) for number in range(40)))
    assert found == [{"number": number} for number in range(40)]


async def test_killed_backends_cost_one_answer_each_at_most(client, pooled, servers):
    headers = await register(client)
    admin = await asyncpg.connect(servers.superuser_url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
        urlsplit(pooled.database).path[1:],
    )
    await admin.close()

    replies = [(await client.get("/api/contacts", headers=headers)).status_code for _ in range(30)]

    assert set(replies) <= {200, 503}
    assert set(replies[-10:]) == {200}


async def test_migrations_go_past_it(pooled):
    assert await migrate.pending(pooled) == []
    assert await migrate.migrate(pooled) == []


async def test_doctor_says_so_when_pgbouncer_is_taken_for_the_server(pooled, monkeypatch):
    assert all(check.reason != "pooler" for check in await health.doctor(pooled, now=utc_now()))
    monkeypatch.delenv("DATABASE_DIRECT_URL")

    found = await health.doctor(config.load(), now=utc_now())

    [check] = [check for check in found if check.reason == "pooler"]
    assert (check.status, "DATABASE_DIRECT_URL" in check.fix) == ("fail", True)
