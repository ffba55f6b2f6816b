"""A server that is killed (SIGKILL) in the middle of a write: the retry does it exactly once."""

import asyncio
import json
import random
import urllib.error
import urllib.request
from http.client import HTTPException

import asyncpg
import pytest

from server import db, wiring
from server.keys import server_keys
from server.lib.clock import utc_now
from server.users import sessions
from tests.factories import make_member
from tests.http_server import http_server

LIMIT_S = 60
SLEEPY = """
    CREATE FUNCTION sleep_a_while() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$;
    CREATE TRIGGER sleepy BEFORE INSERT ON idempotency_keys
        FOR EACH ROW EXECUTE FUNCTION sleep_a_while();
"""


@pytest.fixture
async def box(own_database):
    """A database of its own, and one that was signed in."""
    wiring.connect()
    sessions.forget_cached()  # another test's keys would sign for this database
    async with db.pool(own_database, max_size=4):
        await server_keys.start(now=utc_now())
        yield own_database, await make_member()


async def create(url, member, key):
    """Send a keyed write over a fresh connection; return the reply, None when none came."""

    def send():
        request = urllib.request.Request(
            f"{url}/api/contacts",
            json.dumps({"name": key}).encode(),
            member.headers | {"Idempotency-Key": key, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()
        except (OSError, HTTPException):
            return None

    return await asyncio.to_thread(send)


async def insist(url, member, key):
    """Send it until it was done; return how often it took."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            reply = await create(url, member, key)
            assert reply is not None
            if reply[0] == 201:
                return reply
            assert reply[0] == 409, reply
            assert json.loads(reply[2])["code"] == "idempotency_key_in_use"
            await asyncio.sleep(0.1)


async def named(key):
    return await db.fetch_value("SELECT count(*) FROM contacts WHERE name = $1", key)


async def kill(server):
    server.process.kill()
    await asyncio.to_thread(server.process.wait)


async def test_killed_between_the_effect_and_the_reply(box, servers, tmp_path):
    settings, member = box
    watcher = await asyncpg.connect(servers.superuser_url)
    owner = await asyncpg.connect(settings.owner_database)
    await owner.execute(SLEEPY)
    with (tmp_path / "log").open("wb") as log:
        async with http_server(log) as server:
            sent = asyncio.create_task(create(server.url, member, "Ada"))
            # The contact is written, the reply is about to be kept.
            async with asyncio.timeout(LIMIT_S):
                while not await watcher.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
                ):
                    await asyncio.sleep(0.02)
            await kill(server)
            assert await sent is None
        await owner.execute("DROP TRIGGER sleepy ON idempotency_keys")
        await owner.close()
        await watcher.close()
        assert await named("Ada") == 0
        async with http_server(log) as server:
            first = await insist(server.url, member, "Ada")
            again = await insist(server.url, member, "Ada")

    assert await named("Ada") == 1
    assert first[2] == again[2]
    assert "Idempotency-Replayed" not in first[1]
    assert again[1]["Idempotency-Replayed"] == "true"


@pytest.mark.drill
async def test_killed_at_any_moment(box, tmp_path):
    _, member = box
    chance = random.Random(7)
    unanswered = 0
    with (tmp_path / "log").open("wb") as log:
        for number in range(12):
            async with http_server(log) as server:
                if number:
                    await insist(server.url, member, f"key-{number - 1}")
                await insist(server.url, member, "warm")
                sent = asyncio.create_task(create(server.url, member, f"key-{number}"))
                await asyncio.sleep(chance.uniform(0, 0.03))
                await kill(server)
                unanswered += await sent is None
        async with http_server(log) as server:
            await insist(server.url, member, f"key-{number}")

    assert [await named(f"key-{n}") for n in range(12)] == [1] * 12
    assert await named("warm") == 1
    assert unanswered
