"""The one connection to Redis, against a Redis that stops, freezes and dies."""

import asyncio
import signal

import pytest
from redis.asyncio import from_url
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server import config, redis_wire
from tests.own_redis import own_redis


@pytest.fixture
async def redis(environment, tmp_path, servers):
    """A Redis of the test's own; the wire goes to it."""
    with own_redis(tmp_path) as redis:
        environment.setenv("REDIS_URL", redis.url)
        config.settings.cache_clear()
        yield redis
        await redis_wire.close()
    environment.setenv("REDIS_URL", servers.redis_url)
    config.settings.cache_clear()


async def test_each_of_many_gets_its_own_answer(redis):
    answers = await asyncio.gather(*(redis_wire.ask("ECHO", number) for number in range(200)))

    assert answers == [str(number).encode() for number in range(200)]


async def test_who_stops_waiting_leaves_the_others_their_answers(redis):
    await redis_wire.ask("PING")
    first = asyncio.create_task(redis_wire.ask("ECHO", "first"))
    second = asyncio.create_task(redis_wire.ask("ECHO", "second"))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == b"second"


async def test_a_refused_command_says_why_and_the_next_one_works(redis):
    with pytest.raises(ResponseError, match="unknown command"):
        await redis_wire.ask("NONSENSE")
    with pytest.raises(NoScriptError):
        await redis_wire.ask("EVALSHA", "0" * 40, 0)

    assert await redis_wire.ask("PING") == b"PONG"


async def test_a_redis_that_was_restarted_is_asked_again_by_itself(redis):
    await redis_wire.ask("PING")
    redis.kill()
    redis.start()

    assert await redis_wire.ask("PING") == b"PONG"


async def test_a_redis_that_is_gone_is_an_error_for_each_who_asks(redis):
    await redis_wire.ask("PING")
    redis.kill()

    asked = [redis_wire.ask("PING") for _ in range(5)]
    answers = await asyncio.gather(*asked, return_exceptions=True)

    assert all(isinstance(answer, RedisError) for answer in answers)


async def test_a_frozen_redis_is_given_up_and_used_again_when_it_wakes(redis, monkeypatch):
    monkeypatch.setattr(redis_wire, "ANSWER_S", 0.05)
    await redis_wire.ask("PING")
    redis.send(signal.SIGSTOP)

    with pytest.raises(RedisTimeoutError):
        await redis_wire.ask("PING")

    redis.send(signal.SIGCONT)
    monkeypatch.setattr(redis_wire, "ANSWER_S", 5)
    assert await redis_wire.ask("PING") == b"PONG"


async def test_what_is_sent_first_is_done_first(redis):
    await redis_wire.ask("PING")
    answer = redis_wire.send("SET", "token", "new")

    assert await redis_wire.ask("GET", "token") == b"new"
    assert answer is not None
    assert answer.done()


async def test_nothing_is_sent_where_no_connection_is_open(redis):
    assert redis_wire.send("PING") is None


async def test_the_next_command_after_closing_opens_a_new_connection(redis):
    await redis_wire.ask("PING")
    await redis_wire.close()

    assert await redis_wire.ask("PING") == b"PONG"


@pytest.fixture
def serving(monkeypatch):
    """As in a process that serves requests."""
    monkeypatch.setattr(redis_wire, "_serves", [True])


async def test_nothing_waits_in_a_process_that_serves_no_requests(redis, monkeypatch):
    monkeypatch.setattr(redis_wire, "ANSWER_S", 60)
    await redis_wire.ask("PING")

    answer = redis_wire.send("SET", "token", "new", later=True)

    assert answer is not None
    async with asyncio.timeout(5):
        await answer


async def test_what_may_wait_goes_with_the_next_command_and_before_it(redis, serving):
    await alone()
    answer = redis_wire.send("SET", "token", "new", later=True)
    await asyncio.sleep(0)
    waited = answer is not None and not answer.done()

    assert await redis_wire.ask("GET", "token") == b"new"
    assert waited


async def test_what_may_wait_is_sent_by_itself_soon(redis, serving):
    await alone()

    answer = redis_wire.send("SET", "token", "new", later=True)

    assert answer is not None
    async with asyncio.timeout(5):
        await answer


async def test_nothing_waits_where_another_process_serves_requests(redis, serving):
    other = from_url(redis.url, client_name=redis_wire.SERVER_NAME)
    await other.ping()
    await redis_wire.ask("PING")
    wire = redis_wire._wires[asyncio.get_running_loop()]
    wire.is_alone()
    await redis_wire.ask("PING")

    assert not wire.is_alone()

    await other.aclose()
    await alone()


async def alone():
    """Wait until the process knows that it is the only one."""
    await redis_wire.ask("PING")
    wire = redis_wire._wires[asyncio.get_running_loop()]
    async with asyncio.timeout(10):
        while not wire.is_alone():
            wire._looked_at = -redis_wire.LOOK_EVERY_S
            await asyncio.sleep(0.01)


async def test_what_may_wait_has_its_whole_time_for_an_answer(redis, serving, monkeypatch):
    monkeypatch.setattr(redis_wire, "ANSWER_S", 0.1)
    await alone()
    wire = redis_wire._wires[asyncio.get_running_loop()]
    async with asyncio.timeout(5):
        while wire._watch is not None:  # nothing before it is watched any more
            await asyncio.sleep(0.01)

    answer = redis_wire.send("SET", "token", "new", later=True)

    assert answer is not None
    assert await answer == b"OK"
