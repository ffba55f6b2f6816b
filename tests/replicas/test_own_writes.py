"""Who has just written reads what they wrote, wherever the replica is."""

from typing import Any

import asyncpg
from quart.typing import TestClientProtocol as Client

from server import config, db
from server.app import create_app
from server.lib.clock import utc_now
from server.redis_client import shared
from server.users import own_writes
from server.users import service as users
from server.users.schemas import LoginIn
from server.users.sessions import Device
from tests.factories import PASSWORD, Member
from tests.replicas.waiting import until


async def test_a_session_reads_what_it_wrote_though_the_replica_stands_still(
    reading, on_replica, member
):
    client = create_app(config.settings()).test_client()
    await on_replica.execute("SELECT pg_wal_replay_pause()")

    made = await client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)

    assert made.status_code == 201
    assert "Choir" in await groups_of(client, member)


async def test_another_session_reads_from_the_replica_what_is_there(reading, on_replica, member):
    client = create_app(config.settings()).test_client()
    await until(lambda: is_replayed(on_replica, member))
    await on_replica.execute("SELECT pg_wal_replay_pause()")
    await client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)
    await forget_everywhere(member)

    assert "Choir" not in await groups_of(client, member)


async def test_another_process_learns_of_a_write_from_redis(reading, member):
    client = create_app(config.settings()).test_client()
    await forget_everywhere(member)
    assert not await own_writes.are_recent(await session_of(member))

    await client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)
    own_writes.forget()  # as another process would not know

    assert await own_writes.are_recent(await session_of(member))


async def test_a_refused_write_counts_as_one(reading, member):
    client = create_app(config.settings()).test_client()
    await forget_everywhere(member)

    await client.post("/api/groups", json={"name": ""}, headers=member.headers)

    assert await own_writes.are_recent(await session_of(member))


async def test_a_sign_in_counts_as_a_write(reading, member):
    await users.login(LoginIn(email=member.email, password=PASSWORD), Device(), now=utc_now())

    assert await own_writes.are_recent(await session_of(member))


async def test_without_redis_a_session_reads_from_the_primary(reading, member, redis_switch):
    session_id = await session_of(member)
    await forget_everywhere(member)
    redis_switch.is_away = True

    assert await own_writes.are_recent(session_id)

    redis_switch.come_back()  # but may have missed a mark meanwhile
    assert await own_writes.are_recent(session_id)


async def groups_of(client: Client, member: Member) -> set[str]:
    """Return the names of the member's groups."""
    reply = await client.get("/api/groups", headers=member.headers)
    return {group["name"] for group in (await reply.get_json())["items"]}


async def is_replayed(replica: asyncpg.Connection, member: Member) -> bool:
    """Say whether the replica knows the member."""
    found = await replica.fetchval("SELECT 1 FROM users WHERE id = $1", member.scope.user_id)
    return bool(found)


async def forget_everywhere(member: Member) -> None:
    """Let what the member's session wrote be long ago."""
    own_writes.forget()
    await shared().delete(f"wrote:{await session_of(member)}")


async def session_of(member: Member) -> Any:
    """Return the member's newest session."""
    return await db.fetch_value(
        "SELECT id FROM sessions WHERE user_id = $1 ORDER BY id DESC LIMIT 1",
        member.scope.user_id,
    )
