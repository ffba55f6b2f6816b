"""Budgets while Redis is killed, frozen or of no use: slower for one request, open for none."""

import asyncio
import signal
import time
from uuid import uuid4

import pytest

from server import config, limits, redis_client
from server.errors import Unavailable
from server.limits import Limit
from tests.own_redis import own_redis

# For requests that find out (1 s each), on a busy machine; a hundred that each did: 100 s.
BEARABLE_S = 10


@pytest.fixture
async def redis(database, environment, servers, tmp_path, monkeypatch):
    """A Redis of this test's own, behind the limits."""
    monkeypatch.setattr(limits, "PAUSE_S", 0.3)
    with own_redis(tmp_path) as redis:
        await redis_client.close_shared()
        environment.setenv("REDIS_URL", redis.url)
        environment.setenv("RATE_LIMIT_PER_MINUTE", "60")
        config.settings.cache_clear()
        limits.forget()
        yield redis
    await redis_client.close_shared()
    limits.forget()
    environment.setenv("REDIS_URL", servers.redis_url)
    environment.setenv("RATE_LIMIT_PER_MINUTE", "0")
    config.settings.cache_clear()


async def allowed(limit, who, times):
    taken = [await limits.take(limit, who) for _ in range(times)]
    return sum(one.verdict is not None and one.verdict.allowed for one in taken)


AWAY = {"killed": signal.SIGKILL, "frozen": signal.SIGSTOP}
each_way = pytest.mark.parametrize("number", AWAY.values(), ids=AWAY.keys())


@each_way
async def test_the_limits_hold_without_redis(redis, number):
    who = uuid4().hex
    assert await allowed(Limit.USER, who, 1) == 1
    redis.send(number)

    assert 60 <= await allowed(Limit.USER, who, 100) <= 63


@each_way
async def test_only_the_first_request_waits(redis, number):
    who = uuid4().hex
    await limits.take(Limit.USER, who)
    redis.send(number)

    began = time.monotonic()
    await limits.take(Limit.USER, who)
    found_out = time.monotonic()
    for _ in range(100):
        await limits.take(Limit.USER, who)

    assert found_out - began < BEARABLE_S
    assert time.monotonic() - found_out < BEARABLE_S


@each_way
async def test_requests_that_come_together_wait_together(redis, number):
    who = uuid4().hex
    await limits.take(Limit.USER, who)
    redis.send(number)

    began = time.monotonic()
    taken = await asyncio.gather(*(limits.take(Limit.USER, who) for _ in range(50)))

    assert time.monotonic() - began < BEARABLE_S
    assert all(one.verdict for one in taken)


@each_way
async def test_sign_in_is_refused_without_redis(redis, number):
    redis.send(number)

    with pytest.raises(Unavailable, match="Redis") as refused:
        await limits.take(Limit.SIGN_IN, "203.0.113.7")

    assert refused.value.code == "redis_unavailable"
    assert int(refused.value.headers["Retry-After"]) > 0


async def test_sign_in_is_refused_without_redis_where_nothing_is_limited(redis, environment):
    environment.setenv("RATE_LIMIT_PER_MINUTE", "0")
    config.settings.cache_clear()
    assert (await limits.take(Limit.SIGN_IN, "203.0.113.7")).verdict
    redis.kill()

    with pytest.raises(Unavailable):
        await limits.take(Limit.SIGN_IN, "203.0.113.7")


async def test_other_keys_are_not_known_without_redis(redis):
    redis.kill()

    assert (await limits.take(Limit.USER, "ana", also=["contacts:ana"])).values is None


async def test_redis_counts_again_when_it_has_thawed(redis):
    await limits.take(Limit.VOICE, "ana")
    redis.send(signal.SIGSTOP)
    await limits.take(Limit.VOICE, "ana")
    redis.send(signal.SIGCONT)
    await asyncio.sleep(limits.PAUSE_S + 0.1)

    taken = await limits.take(Limit.VOICE, "ana", also=["absent"])

    assert taken.values == [None]
    assert taken.verdict
    assert taken.verdict.remaining <= 8


async def test_redis_counts_again_when_it_is_back_without_its_script(redis):
    await limits.take(Limit.USER, "ana")
    redis.kill()
    await limits.take(Limit.USER, "ana")
    redis.start()
    await asyncio.sleep(limits.PAUSE_S + 0.1)

    assert (await limits.take(Limit.USER, "ana", also=["absent"])).values == [None]


async def test_a_redis_that_cannot_write_opens_nothing(redis):
    await redis_client.shared().config_set("maxmemory", 1)

    assert await allowed(Limit.VOICE, "ana", 15) == 10
