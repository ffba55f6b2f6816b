"""The doctor's visit, with one thing wrong at a time."""

import pytest

from server import config, db, queue
from server.health import checks, service
from server.health.checks import Check
from server.keys import server_keys
from server.lib.clock import utc_now
from tests.times import MONDAY


async def found() -> dict[str, Check]:
    """What the doctor finds with the settings of this moment."""
    return {check.name: check for check in await service.doctor(config.load(), now=utc_now())}


@pytest.fixture
def set_variable(own_database, monkeypatch):
    """Change the environment of a database of our own."""

    def put(name: str, value: str) -> None:
        monkeypatch.setenv(name, value)
        config.settings.cache_clear()

    yield put
    config.settings.cache_clear()


@pytest.fixture
async def used_database(own_database):
    """A database with keys of its own, the pool closed as it is for a command."""
    async with db.pool(own_database, max_size=1):
        await server_keys.start(now=MONDAY)


async def test_a_new_database_has_no_keys_yet_and_the_doctor_makes_none(own_database):
    assert (await found())["keys"].status == "ok"

    async with db.pool(own_database, max_size=1):
        assert await db.fetch_value("SELECT count(*) FROM key_ring") == 0


async def test_a_running_installation_is_fit(used_database):
    checked = await found()

    assert [check for check in checked.values() if check.status == "fail"] == []
    assert {"postgresql version", "migrations", "keys", "redis", "disk"} <= set(checked)


async def test_another_master_key_is_found_out(used_database, set_variable):
    set_variable("ENCRYPTION_KEY", "22" * 32)

    assert (await found())["keys"].status == "fail"


async def test_a_store_that_does_not_answer_is_found_out(used_database, set_variable):
    assert "storage" not in await found()

    set_variable("STORAGE_URL", "s3://bucket")
    set_variable("STORAGE_ENDPOINT", "http://127.0.0.1:1")
    set_variable("STORAGE_ACCESS_KEY_ID", "a")
    set_variable("STORAGE_SECRET_ACCESS_KEY", "b")

    assert (await found())["storage"].status == "fail"


async def test_a_missing_master_key_is_found_out(used_database, set_variable):
    set_variable("ENCRYPTION_KEY", "")

    assert (await found())["keys"].status == "fail"


async def test_a_database_that_is_away_is_one_failure_and_the_rest_goes_on(set_variable):
    set_variable("DATABASE_URL", "postgresql://app@127.0.0.1:1/catchup")

    checked = await found()

    assert checked["database"].status == "fail"
    assert checked["redis"].status == "ok"


async def test_a_wrong_password_says_so_without_it(set_variable, servers):
    set_variable("DATABASE_URL", servers.app_url.replace("catchup_app", "nobody:hunter2"))

    check = (await found())["database"]

    assert check.status == "fail"
    assert "hunter2" not in f"{check.detail}{check.fix}"


async def test_an_empty_database_wants_migrating(set_variable, servers):
    set_variable("DATABASE_URL", servers.superuser_url)

    checked = await found()

    assert checked["migrations"].fix == "run `catchup migrate`"
    assert checked["role"].status == "warn"


async def redis_with(monkeypatch: pytest.MonkeyPatch, **changes: object) -> dict[str, Check]:
    info = {
        "redis_version": "7.0.15",
        "aof_enabled": 1,
        "maxmemory": 0,
        "maxmemory_policy": "noeviction",
        **changes,
    }

    async def server_info() -> dict[str, object]:
        return info

    monkeypatch.setattr(queue, "server_info", server_info)
    return {check.name: check for check in await checks.redis_server()}


async def test_a_redis_as_it_should_be_is_fine(monkeypatch):
    assert checks.worst((await redis_with(monkeypatch)).values()) == "ok"


@pytest.mark.parametrize(("version", "status"), [("6.2.0", "ok"), ("6.0.16", "fail")])
async def test_redis_6_2_is_the_oldest(monkeypatch, version, status):
    found = await redis_with(monkeypatch, redis_version=version)

    assert found["redis version"].status == status


async def test_a_redis_that_keeps_nothing_is_a_warning(monkeypatch):
    found = await redis_with(monkeypatch, aof_enabled=0)

    assert found["redis persistence"].status == "warn"


async def test_a_redis_that_may_drop_jobs_is_a_warning(monkeypatch):
    found = await redis_with(monkeypatch, maxmemory=10**6, maxmemory_policy="allkeys-lru")

    assert found["redis memory"].status == "warn"
