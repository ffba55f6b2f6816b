import pytest
import redis.asyncio

from server.embedded.binaries import choose_redis, version_parts
from server.embedded.services import EmbeddedServices
from tests.embedded.conftest import ignore, need


def start(home, mode, say=ignore):
    return EmbeddedServices(home, say=say, mode=mode, with_postgres=False)


async def keys(services):
    client = redis.asyncio.from_url(services.urls.redis_url, decode_responses=True)
    try:
        return await client.keys()
    finally:
        await client.aclose()


async def add_key(services):
    client = redis.asyncio.from_url(services.urls.redis_url)
    await client.set("kept", "value")
    await client.aclose()


@pytest.fixture
async def newer_home(folder):
    """A home whose files were written by the wheel's Redis, newer than the machine's own."""
    need("wheel")
    need("system")
    older, newer = choose_redis("system").version, choose_redis("wheel").version
    if version_parts(older) >= version_parts(newer):
        pytest.skip("the machine's own Redis is not older than the wheel's")
    async with start(folder / "home", "wheel") as services:
        await add_key(services)
    return folder / "home"


async def test_an_older_redis_starts_empty_beside_the_files_of_a_newer_one(newer_home):
    async with start(newer_home, "system") as services:
        assert await keys(services) == []


async def test_files_that_are_set_aside_are_named(newer_home, said):
    async with start(newer_home, "system", said.append):
        pass

    (aside,) = newer_home.glob("redis-redis-*")
    assert any(str(aside) in line for line in said)
    assert (aside / "appendonlydir").is_dir()


async def test_a_newer_redis_reads_the_files_of_an_older_one(folder):
    need("wheel")
    need("system")
    async with start(folder / "home", "system") as services:
        await add_key(services)

    async with start(folder / "home", "wheel") as services:
        assert await keys(services) == ["kept"]


async def test_a_password_with_quotes_works(folder):
    need("auto")
    odd = 'a"b\\c d'
    services = EmbeddedServices(
        folder / "home",
        say=ignore,
        with_postgres=False,
        given={"CATCHUP_REDIS_PASSWORD": odd},
    )

    async with services:
        assert await keys(services) == []
