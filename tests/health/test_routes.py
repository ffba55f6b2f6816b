"""The health routes, while the parts are up and while one is down."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from server import config, db, db_reading, replicas
from server.app import create_app
from server.health import service
from server.jobs import service as jobs
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.lib.version import VERSION
from tests.messages.letters import insert_letter
from tests.times import MONDAY


@pytest.fixture
def no_redis(monkeypatch):
    """Nothing listens where Redis should be."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    config.settings.cache_clear()


async def test_all_is_well_while_everything_runs(client):
    await jobs.sync_schedules(now=utc_now())

    reply = await client.get("/health")

    body = await reply.get_json()
    assert (reply.status_code, body["status"]) == (200, "ok")
    assert set(body["checks"]) == {
        "database", "migrations", "schedules", "clock", "redis", "memory", "security", "messages",
    }  # fmt: skip
    assert all(check == {"status": "ok", "reason": None} for check in body["checks"].values())


async def test_time_and_uptime_are_said(client):
    body = await (await client.get("/health")).get_json()

    assert body["timestamp"].endswith(("Z", "+00:00"))
    assert body["uptime"] >= 0


async def test_it_takes_three_statements(client, statements):
    await client.get("/health")

    assert len(statements) == 3


async def test_a_late_digest_warns_and_the_server_goes_on_serving(client, member):
    written = utc_now() - timedelta(minutes=16)
    await insert_letter(
        member, cause_kind="digest", cause_id=uuid7(), created_at=written, expires_at=written
    )

    reply = await client.get("/health")

    assert reply.status_code == 200
    assert (await reply.get_json())["checks"]["messages"] == {"status": "warn", "reason": "late"}


async def test_a_late_schedule_warns_and_the_server_goes_on_serving(client):
    await jobs.sync_schedules(now=MONDAY)  # long ago

    reply = await client.get("/health")

    assert reply.status_code == 200
    assert (await reply.get_json())["checks"]["schedules"] == {"status": "warn", "reason": "late"}


async def test_a_missing_redis_is_503_and_named(client, no_redis):
    reply = await client.get("/health")

    checks = (await reply.get_json())["checks"]
    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert checks["redis"] == {"status": "fail", "reason": "unreachable"}
    assert checks["database"]["status"] == "ok"


async def test_a_missing_migration_is_503_with_its_reason(client, database):
    connection = await asyncpg.connect(database.owner_database)
    [name] = await connection.fetch("SELECT name FROM migration ORDER BY name DESC LIMIT 1")
    await connection.execute("DELETE FROM migration WHERE name = $1", name["name"])
    try:
        reply = await client.get("/health")
    finally:
        await connection.execute(
            "INSERT INTO migration (name, app_name) VALUES ($1, 'catchup')", name["name"]
        )
        await connection.close()

    assert reply.status_code == 503
    assert (await reply.get_json())["checks"]["migrations"]["reason"] == "pending"


async def test_a_database_that_goes_away_is_503_until_it_is_back(own_database, servers):
    name = own_database.database.rsplit("/", 1)[-1]
    admin = await asyncpg.connect(servers.superuser_url)
    async with db.pool(own_database, max_size=2):
        client = create_app(own_database).test_client()
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            " WHERE datname = $1", name)  # fmt: skip

        away = [(await client.get("/health")).status_code for _ in range(2)]
        live = (await client.get("/health/live")).status_code
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await asyncio.sleep(service.HEALTH_LIFE_S)
        back = (await client.get("/health")).status_code
    await admin.close()

    assert (away, live, back) == ([503, 503], 200, 200)


async def test_nothing_of_the_inside_is_told(client, no_redis):
    text = await (await client.get("/health")).get_data(as_text=True)

    for secret in ("127.0.0.1", "PostgreSQL", "ConnectionError", "catchup_app", VERSION):
        assert secret not in text


async def test_the_document_describes_a_503_of_its_own(client):
    document = await (await client.get("/api/openapi.json")).get_json()

    replies = document["paths"]["/health"]["get"]["responses"]
    assert "application/json" in replies["503"]["content"]


async def test_many_who_ask_at_once_cost_one_look(client, statements):
    replies = await asyncio.gather(*(client.get("/health") for _ in range(50)))

    assert {reply.status_code for reply in replies} == {200}
    assert len(statements) == 3


async def test_a_reply_is_used_again_for_a_second(client, statements, monkeypatch):
    await client.get("/health")
    await client.get("/health")
    assert len(statements) == 3

    monkeypatch.setattr(service, "HEALTH_LIFE_S", 0.0)
    await client.get("/health")
    assert len(statements) == 6


async def test_a_replica_that_is_away_degrades_health_and_no_more(database, monkeypatch):
    monkeypatch.setenv("DATABASE_REPLICA_URLS", "postgresql://x@127.0.0.1:1/x")
    async with replicas.opened(config.load()) as opened:
        await opened.look()
        monkeypatch.setattr(db_reading, "_replicas", [opened])
        reply = await create_app(database).test_client().get("/health")

    body = await reply.get_json()
    assert (reply.status_code, body["status"]) == (200, "warn")
    assert body["checks"]["replica_1"] == {
        "status": "warn", "reason": "unreachable", "lag_s": None,
    }  # fmt: skip
