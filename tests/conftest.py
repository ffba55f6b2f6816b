"""A real PostgreSQL and Redis for the run; a migrated, empty database for each test."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from argon2 import PasswordHasher
from quart.typing import TestClientProtocol
from redis.exceptions import ConnectionError as RedisConnectionError

from server import config, db, limits, migrate, queue, redis_wire, versions, wiring
from server.db_connections import CLOSE_LIMIT_S
from server.keys import blind_index, macs, master, server_keys
from server.keys import service as keys
from server.lib.gcra import Rule
from server.outbound import fetch
from server.outbound.links import read_link
from server.users import api_tokens, passwords, sessions
from tests.databases import SharedDatabase, clone, on_server, use_database
from tests.factories import Member, make_housemate, make_member
from tests.openapi_walk import CALENDAR
from tests.servers import ReplicaServer, Servers, running_replica, running_servers
from tests.shared_app import shared_app
from tests.statements import count_statements  # noqa: F401 - a fixture
from tests.times import MONDAY
from tests.webhooks import signing

# In the background of a shell Ctrl-C is ignored, and processes that tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Workers that share the servers of CATCHUP_TEST_*_URL have a template each.
TEMPLATE = os.environ.get("CATCHUP_TEST_TEMPLATE", "catchup_template") + os.environ.get(
    "PYTEST_XDIST_WORKER", ""
)
MASTER_KEY = "11" * 32

# The same examples in each run: what fails here fails again, and what passes is not luck.
# `make drills` looks further (HYPOTHESIS_PROFILE=default).
hypothesis.settings.register_profile("suite", derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """Start them for this run, or use those of CATCHUP_TEST_*_URL."""
    with running_servers() as servers:
        yield servers


@pytest.fixture(scope="session")
def environment(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[pytest.MonkeyPatch]:
    """Settings of the run: nothing of the developer's own environment or files."""
    with pytest.MonkeyPatch.context() as patch:
        for name in config.Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        patch.setenv("CATCHUP_ENV_FILE", "/dev/null")
        home = tmp_path_factory.mktemp("home")
        (home / "logs").mkdir()  # an empty log, wherever the tests run
        patch.setenv("CATCHUP_HOME", str(home))
        patch.setenv("ENCRYPTION_KEY", MASTER_KEY)
        patch.setenv("REDIS_URL", servers.redis_url)
        # No certificate is read for each connection only to hear that the server has no TLS.
        patch.setenv("PGSSLMODE", "disable")
        patch.setenv("STORAGE_URL", tmp_path_factory.mktemp("objects").as_uri())
        patch.setenv("REGISTRATION", "open")
        patch.setenv("LOG_LEVEL", "error")
        patch.setenv("RATE_LIMIT_PER_MINUTE", "0")  # tests of limits set their own
        for name, value in signing.SETTINGS.items():
            patch.setenv(name, value)
        # Nothing switches this one off, and all tests share an address.
        patch.setitem(limits.ALWAYS, limits.Limit.SIGN_IN, Rule(1_000_000, 60))
        yield patch


@pytest.fixture
def set_env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set variables on an otherwise empty environment; the env file is `env` in tmp_path.

    By the test's own `monkeypatch`: of two patches of one variable, the one undone last wins, and
    leaks into the tests after it.
    """
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    for name in ("NODE_ENV", "CATCHUP_HOME", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CATCHUP_ENV_FILE", str(tmp_path / "env"))

    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.fixture(scope="session")
def template(servers: Servers, environment: pytest.MonkeyPatch) -> str:
    """A migrated database that tests are cloned from."""

    async def make() -> None:
        await on_server(
            servers,
            f"DROP DATABASE IF EXISTS {TEMPLATE}",
            f"CREATE DATABASE {TEMPLATE} OWNER catchup_owner",
        )
        use_database(environment, servers, TEMPLATE)
        await migrate.migrate(config.load())

    asyncio.run(make())
    return TEMPLATE


@pytest.fixture(scope="session")
def shared(
    servers: Servers, environment: pytest.MonkeyPatch, template: str
) -> Iterator[SharedDatabase]:
    """A clone of the template that tests use one after the other.

    Emptying it takes a few milliseconds, cloning half a second; tests commit as usual.
    """
    name = f"test_{uuid4().hex}"
    asyncio.run(clone(servers, template, name))
    use_database(environment, servers, name)
    shared = SharedDatabase(servers, name)
    shared.make_keys()
    yield shared
    shared.close()
    asyncio.run(on_server(servers, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def restored(shared: SharedDatabase) -> str:
    """The name of the shared database, empty but for the server's keys."""
    shared.restore()
    return shared.name


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords in no time: at its real cost, one takes as long as the rest of a test.

    The costs themselves are the subject of users/test_passwords.py.
    """
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_NOBODY", hasher.hash("nobody signs in with this one"))


@pytest.fixture
async def database(
    servers: Servers, environment: pytest.MonkeyPatch, restored: str, cheap_hashes: None
) -> AsyncIterator[config.Settings]:
    """An empty database for this test, the pool open, the server's keys made."""
    use_database(environment, servers, restored)
    environment.setattr(queue, "NAME", f"test_{uuid4().hex}")
    settings = config.settings()
    keys.forget_boxes()
    master.forget()
    blind_index.forget()
    macs.forget()
    sessions.forget_cached()
    api_tokens.forget_cached()
    wiring.connect()
    try:
        async with db.pool(settings, max_size=8):
            await server_keys.start(now=MONDAY)
            yield settings
            await _await_connections()
    finally:
        await queue.close()


async def _await_connections() -> None:
    """Fail the test that lent a connection for ever, and not hang in the pool's end."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_LIMIT_S):
            while not _is_idle():
                await asyncio.sleep(0.01)
    assert _is_idle(), "a connection never came back to the pool"


def _is_idle() -> bool:
    state = db.pool_state()
    return state is None or state.idle == state.size


@pytest.fixture(scope="session")
def replica_server(servers: Servers) -> Iterator[ReplicaServer]:
    """A streaming replica of the run's PostgreSQL, followed from now on."""
    with running_replica(servers) as replica:
        yield replica


@pytest.fixture
async def own_database(
    servers: Servers, environment: pytest.MonkeyPatch, template: str
) -> AsyncIterator[config.Settings]:
    """A database that nobody else will use, for tests that change the schema; no pool."""
    name = f"test_{uuid4().hex}"
    await clone(servers, template, name)
    use_database(environment, servers, name)
    yield config.settings()
    await on_server(servers, f"DROP DATABASE {name} WITH (FORCE)")


class RedisSwitch:
    """Takes from requests what they ask of Redis."""

    is_away = False

    def come_back(self) -> None:
        self.is_away = False
        versions._away_until[0] = 0.0
        limits.forget()


@pytest.fixture
def redis_switch(monkeypatch: pytest.MonkeyPatch) -> RedisSwitch:
    """Let Redis be away for requests, and back."""
    switch, ask, send = RedisSwitch(), redis_wire.ask, redis_wire.send

    async def ask_or_fail(*command: redis_wire.Argument) -> Any:
        if switch.is_away:
            raise RedisConnectionError("away")
        return await ask(*command)

    monkeypatch.setattr(redis_wire, "ask", ask_or_fail)
    monkeypatch.setattr(
        redis_wire,
        "send",
        lambda *command, **options: None if switch.is_away else send(*command, **options),
    )
    return switch


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the database is asked from now on, one entry a statement; clear it before you count."""
    seen: list[str] = []

    def noting(function: Any) -> Any:
        async def noted(sql: str, *values: Any) -> Any:
            seen.append(sql)
            return await function(sql, *values)

        return noted

    for name in ("fetch", "fetch_row", "fetch_value", "execute", "insert_rows"):
        monkeypatch.setattr(db, name, noting(getattr(db, name)))
    return seen


@pytest.fixture(autouse=True)
def no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test fetches anything from the internet: links lead to one small calendar."""

    async def fetched(link: str, **_options: Any) -> fetch.Reply:
        read_link(link)
        return fetch.Reply(200, {}, CALENDAR.encode())

    monkeypatch.setattr(fetch, "fetch", fetched)


@pytest.fixture
async def client(database: config.Settings) -> TestClientProtocol:
    """A client of the real application, on this test's database.

    Tests share the application, but not what it keeps; who adds to one makes it with `create_app`.
    """
    return shared_app(database).test_client()


@pytest.fixture
async def member(database: config.Settings) -> Member:
    """A registered user: the first of the server, hence its admin."""
    return await make_member()


@pytest.fixture
async def stranger(database: config.Settings, member: Member) -> Member:
    """A user of another household."""
    return await make_member()


@pytest.fixture
async def housemate(member: Member) -> Member:
    """A second user of `member`'s household."""
    return await make_housemate(member)
