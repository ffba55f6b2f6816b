"""Budgets in a real Redis."""

import asyncio
from uuid import uuid4

import pytest

from server import config, limits, redis_client, redis_wire
from server.limits import Limit


@pytest.fixture(autouse=True)
async def limited(database, environment):
    """60 requests a minute; the run's Redis."""
    environment.setenv("RATE_LIMIT_PER_MINUTE", "60")
    config.settings.cache_clear()
    limits.forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(limits.ALWAYS, Limit.SIGN_IN, limits.SIGN_INS)
        yield
    environment.setenv("RATE_LIMIT_PER_MINUTE", "0")
    config.settings.cache_clear()


@pytest.fixture
def who():
    return uuid4().hex


def verdict_of(taken):
    assert taken.verdict is not None
    return taken.verdict


async def test_sixty_pass_at_once_and_the_next_waits_a_second(who):
    verdicts = [verdict_of(await limits.take(Limit.USER, who)) for _ in range(60)]
    refused = verdict_of(await limits.take(Limit.USER, who))

    assert all(verdict.allowed for verdict in verdicts)
    assert (verdicts[0].limit, verdicts[0].remaining, verdicts[0].reset_s) == (60, 59, 1)
    assert (refused.allowed, refused.remaining, refused.retry_after_s) == (False, 0, 1)


async def test_two_hundred_at_the_same_time_get_no_more_than_one_after_the_other(who):
    taken = await asyncio.gather(*(limits.take(Limit.VOICE, who) for _ in range(200)))

    assert sum(verdict_of(one).allowed for one in taken) == 10


@pytest.mark.parametrize(
    ("limit", "count", "retry_after_s"),
    [(Limit.VOICE, 10, 360), (Limit.SMS, 10, 360), (Limit.EMAIL, 20, 180), (Limit.SIGN_IN, 20, 3)],
)
async def test_each_tier_has_its_own_budget(who, limit, count, retry_after_s):
    verdicts = [verdict_of(await limits.take(limit, who)) for _ in range(count + 1)]

    assert [verdict.allowed for verdict in verdicts] == [True] * count + [False]
    assert verdicts[-1].limit == count
    assert retry_after_s - 3 <= verdicts[-1].retry_after_s <= retry_after_s


async def test_a_tier_takes_nothing_from_another(who):
    await limits.take(Limit.VOICE, who)

    assert verdict_of(await limits.take(Limit.USER, who)).remaining == 59


async def test_a_budget_is_gone_from_redis_when_it_is_full_again(who):
    await limits.take(Limit.USER, who)

    left_ms = await redis_client.shared().pttl(f"limit:user:{who}")
    assert 0 < left_ms <= 1000


async def test_a_budget_far_ahead_of_the_clock_is_cut_to_a_full_one(who):
    redis = redis_client.shared()
    now_s, _ = await redis.time()
    await redis.set(f"limit:user:{who}", (now_s + 86_400) * 1_000_000)

    assert verdict_of(await limits.take(Limit.USER, who)).retry_after_s == 1


async def test_redis_may_forget_the_script(who):
    await limits.take(Limit.USER, who)
    await redis_client.shared().script_flush()

    assert verdict_of(await limits.take(Limit.USER, who)).allowed


async def test_other_keys_come_in_the_same_round_trip(who, monkeypatch):
    await redis_wire.ask("SET", f"there:{who}", 7, "EX", 60)
    await limits.take(Limit.USER, who)
    sent = []
    real = redis_wire.ask

    async def noting(*command):
        sent.append(command[0])
        return await real(*command)

    monkeypatch.setattr(redis_wire, "ask", noting)

    taken = await limits.take(Limit.USER, who, also=[f"there:{who}", f"absent:{who}"])

    assert list(taken.values or ()) == [b"7", None]
    assert sent == ["EVALSHA"]


async def test_zero_switches_the_limits_by_the_minute_off(who, environment):
    environment.setenv("RATE_LIMIT_PER_MINUTE", "0")
    config.settings.cache_clear()
    await redis_client.shared().set(f"there:{who}", 7, ex=60)

    for limit in (Limit.USER, Limit.PUBLIC):
        assert (await limits.take(limit, who)).verdict is None
    assert (await limits.take(Limit.USER, who, also=[f"there:{who}"])).values == [b"7"]
    assert verdict_of(await limits.take(Limit.SMS, who)).limit == 10
    assert verdict_of(await limits.take(Limit.SIGN_IN, who)).limit == 20
