from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from server import config, db_reading, replicas
from server.config import Settings
from server.users import own_writes
from tests.servers import ReplicaServer, Servers, database_url


@pytest.fixture
def with_replica(
    database: Settings,
    environment: pytest.MonkeyPatch,
    replica_server: ReplicaServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """The test's database, and its replica in DATABASE_REPLICA_URLS."""
    monkeypatch.setenv("DATABASE_REPLICA_URLS", replica_server.url(database.database))
    config.settings.cache_clear()
    own_writes.forget()
    return config.settings()


@pytest.fixture
async def reading(with_replica: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The replicas of this process, once they may be read from; `database` has the pool."""
    async with replicas.opened(with_replica) as opened:
        monkeypatch.setattr(db_reading, "_replicas", [opened])
        while opened.choose() is None:
            await opened.look()
        yield opened


@pytest.fixture
async def on_replica(
    replica_server: ReplicaServer, servers: Servers, database: Settings
) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to the replica; replay goes on when the test is over."""
    name = database.database.rsplit("/", 1)[1]
    connection = await asyncpg.connect(
        replica_server.url(database_url(servers.superuser_url, name))
    )
    yield connection
    await connection.execute("SELECT pg_wal_replay_resume()")
    await connection.close()
