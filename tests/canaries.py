"""Made-up secrets that are pushed into the server, and what finds them wherever they got to."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from itertools import count

import asyncpg
from redis.asyncio import Redis


class Canaries:
    """Secrets, each another one, by where they were put."""

    def __init__(self) -> None:
        self.where: dict[str, str] = {}
        self._numbers = count(1)

    def new(self, where: str) -> str:
        """Return a secret of 20 letters and digits, for one place of one request."""
        number = next(self._numbers)
        secret = "cnry" + hashlib.sha256(f"canary {number}".encode()).hexdigest()[:16]
        self.where[secret] = where
        return secret

    def found_in(self, haystack: bytes, *, only: Iterable[str] | None = None) -> list[str]:
        """Return where the secrets were put that `haystack` shows in one form or another."""
        wanted = self.where if only is None else only
        lower = haystack.lower()
        return [
            f"{self.where.get(secret, 'given')}: {name}"
            for secret in wanted
            for name, form in forms(secret)
            if (form.lower() if name in CASELESS else form)
            in (lower if name in CASELESS else haystack)
        ]


CASELESS = {"plain", "hex", "JSON-escaped"}


def forms(secret: str) -> Iterator[tuple[str, bytes]]:
    """Yield the forms in which a program may show a text: plain, base64, hex, JSON-escaped.

    In base64 a text looks different at each of three places in a longer one.
    """
    raw = secret.encode()
    yield "plain", raw
    yield "hex", raw.hex().encode()
    yield "JSON-escaped", "".join(f"\\u{ord(letter):04x}" for letter in secret).encode()
    for shift in range(3):
        whole = base64.b64encode(b"x" * shift + raw)
        # The first and the last letters also tell of what stands beside.
        yield f"base64 at {shift}", whole[4 if shift else 0 : -4]
        yield f"base64url at {shift}", base64.urlsafe_b64encode(b"x" * shift + raw)[4:-4]


async def dump_redis(redis: Redis) -> bytes:
    """Return every key and value, whatever its type."""
    found = []
    async for key in redis.scan_iter(count=1000):
        found.append(key)
        match await redis.type(key):
            case b"string":
                found.append(await redis.get(key))
            case b"hash":
                found += [part for pair in (await redis.hgetall(key)).items() for part in pair]
            case b"list":
                found += await redis.lrange(key, 0, -1)
            case b"set":
                found += await redis.smembers(key)
            case b"zset":
                found += await redis.zrange(key, 0, -1)
            case b"none":  # run out meanwhile
                pass
            case other:
                raise AssertionError(f"a type that nobody reads here: {other!r}")
    return b"\n".join(part or b"" for part in found)


async def dump_database(url: str) -> bytes:
    """Return every table as COPY writes it, and each of its bytes columns as plain bytes, too."""
    connection = await asyncpg.connect(url)
    found: list[bytes] = []

    async def keep(part: bytes) -> None:
        found.append(bytes(part))

    try:
        tables = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        for table in (row["tablename"] for row in tables):
            await connection.copy_from_table(table, output=keep)
            await connection.copy_from_table(table, output=keep, format="binary")
    finally:
        await connection.close()
    return b"".join(found)
