"""Connections to Redis, which holds only what can be rebuilt: queues, rate limits, versions."""

from redis.asyncio import BlockingConnectionPool, Redis, from_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server import redis_wire
from server.config import settings
from server.lib.per_loop import PerLoop

MOST_CONNECTIONS = 32
REDIS_AWAY = (RedisConnectionError, RedisTimeoutError, OSError, TimeoutError)


def client(url: str, *, patient: bool) -> Redis:
    """Return a Redis client: a worker waits out a restart, a request asks twice in 1 s.

    redis-py's own 5 s `socket_timeout` would cut the worker's blocking pop short, and its
    default retries make a worker spin at full load while Redis is away (redis-py #4125).
    """
    if patient:
        retry = Retry(ExponentialWithJitterBackoff(base=0.5, cap=5), 12)
        return from_url(url, socket_timeout=30, retry=retry, health_check_interval=30)
    # A pool that waits: redis-py's own refuses the 101st request at the same time.
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=MOST_CONNECTIONS,
        timeout=1,
        socket_timeout=0.5,
        socket_connect_timeout=0.5,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.2), 1),
        health_check_interval=30,
    )
    return Redis.from_pool(pool)


_shared = PerLoop(lambda: client(settings().redis, patient=False))


def shared() -> Redis:
    """Return this process's client for the queue; what each request asks goes by redis_wire."""
    return _shared.get()


async def close_shared() -> None:
    """Close this process's connections; the next call opens new ones."""
    await redis_wire.close()
    redis = _shared.take()
    if redis is not None:
        await redis.aclose()
