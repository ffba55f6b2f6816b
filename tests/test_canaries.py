"""Secrets go into every input of a real server, also of one that breaks, and come out nowhere."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from server import config, redis_client
from tests.canaries import Canaries, dump_database, dump_redis, forms
from tests.canary_requests import bodies, files, oddities
from tests.factories import make_member
from tests.http_server import http_server
from tests.openapi_walk import (
    Request,
)
from tests.owned import own_one_of_each
from tests.sentry import running_sentry

ENOUGH, ENOUGH_QUICKLY = 300, 60
TIMEOUT_S = 20


@dataclass(frozen=True)
class Sent:
    """What one run pushed in, and everything that the server left behind."""

    canaries: Canaries
    secret: set[str]  # those of encrypted classes
    statuses: set[int]
    traces: Mapping[str, bytes]
    database: bytes
    tokens: tuple[str, ...]


class Wire:
    """Sends requests over TCP; remembers what was answered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port
        self.statuses: set[int] = set()

    async def send(self, request: Request, headers: Mapping[str, str]) -> bytes:
        data = request.body
        if data is not None and not isinstance(data, bytes):
            data = (data if isinstance(data, str) else json.dumps(data)).encode()
        more = {"Content-Type": request.content_type} if request.content_type else {}
        query = f"?{urlencode(request.query, doseq=True)}" if request.query else ""
        return await asyncio.to_thread(
            self._send, request.method, request.path + query, data, {**more, **headers}
        )

    def _send(self, method: str, target: str, data: bytes | None, headers: Any) -> bytes:
        connection = HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, target, data, headers)
            reply = connection.getresponse()
            self.statuses.add(reply.status)
            return reply.read()
        except (HTTPException, OSError):  # the server may hang up on nonsense
            return b""
        finally:
            connection.close()


@asynccontextmanager
async def broken_tables() -> AsyncIterator[None]:
    """Let every write fail with an error that quotes the whole row, for the time of the block."""
    owner = await asyncpg.connect(config.settings().owner_database)
    names = await owner.fetch(
        """SELECT tablename FROM pg_tables WHERE schemaname = 'public'
            AND tablename NOT IN ('migration', 'audit_entries', 'schedules')"""
    )
    try:
        await owner.execute(
            """CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'cannot store %', NEW; END $$"""
        )
        for row in names:
            await owner.execute(
                f"""CREATE TRIGGER broken BEFORE INSERT OR UPDATE ON {row["tablename"]}
                    FOR EACH ROW EXECUTE FUNCTION broken()"""
            )
        yield
    finally:
        await owner.execute("DROP FUNCTION IF EXISTS broken CASCADE")
        await owner.close()


@pytest.fixture
def push(client, member, tmp_path: Path) -> Callable[..., Awaitable[Sent]]:
    """Run a server, push canaries into it, stop it, and gather all that it left behind."""

    async def run(*, every: int) -> Sent:
        canaries, secret = Canaries(), set()
        one = await make_member()
        ids = await own_one_of_each(client, one)
        log = tmp_path / "server.log"
        with running_sentry() as sentry, log.open("wb") as sink:
            settings = {
                "LOG_LEVEL": "debug", "DATABASE_LOG_QUERIES": "true",
                "SENTRY_DSN": sentry.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1",
            }  # fmt: skip
            async with http_server(sink, **settings) as server:
                wire = Wire(server.url)
                headers = dict(one.headers)

                def new(where: str) -> str:
                    made = canaries.new(where)
                    secret.add(made)
                    return made

                async def send_bodies(mode: str) -> None:
                    made = bodies(client.app, one, ids, canaries, mode, every)
                    for request, canary, is_secret in made:
                        again = {"Idempotency-Key": str(uuid4())}
                        await wire.send(request, headers | again)
                        secret.update({canary} if is_secret else ())

                await send_bodies("taken")
                await send_bodies("refused")
                for request, _ in files(new):
                    await wire.send(request, headers)
                for request, others in oddities(new, headers):
                    await wire.send(request, others)
                async with broken_tables():
                    await send_bodies("crashed")
                    for request, _ in files(new):
                        await wire.send(request, headers)
                metrics = await wire.send(Request("GET", "/metrics", {}), {})
            redis = await dump_redis(redis_client.shared())
            return Sent(
                canaries,
                secret,
                wire.statuses,
                {
                    "the log": log.read_bytes(),
                    "Sentry": b"\n".join(sentry.received),
                    "metrics": metrics,
                    "Redis": redis,
                },
                await dump_database(os.environ["DATABASE_BACKUP_URL"]),
                (one.token, one.refresh_token, ids["feed_token"], ids["restore_token"]),
            )

    return run


def check(sent: Sent) -> None:
    """Nothing of it anywhere, and the server did break."""
    assert {200, 201, 400, 401, 404, 500} <= sent.statuses
    for name, trace in sent.traces.items():
        assert len(trace) > 100, f"{name} is empty: there was nothing to search"
        assert sent.canaries.found_in(trace) == [], name
        assert sent.canaries.found_in(trace, only=sent.tokens) == [], name
    assert sent.canaries.found_in(sent.database, only=sent.secret) == []
    assert sent.canaries.found_in(sent.database, only=sent.tokens) == []
    # The search does find what is there: names are searchable, on purpose.
    assert sent.canaries.found_in(sent.database, only=sent.canaries.where.keys() - sent.secret)


async def test_no_secret_comes_out_anywhere(push):
    sent = await push(every=4)

    check(sent)
    assert len(sent.canaries.where) >= ENOUGH_QUICKLY


@pytest.mark.drill
async def test_none_of_hundreds_of_secrets_comes_out_anywhere(push):
    sent = await push(every=1)

    check(sent)
    print(
        f"\n{len(sent.canaries.where)} canaries, {len(sent.secret)} of encrypted classes: 0 found"
    )
    assert len(sent.canaries.where) >= ENOUGH


@pytest.mark.parametrize("where", ["", "x", "yz", "and more before it: "])
@pytest.mark.parametrize("form", ["plain", "upper", "hex", "base64", "JSON"])
def test_a_secret_is_found_in_each_form(where, form):
    canaries = Canaries()
    secret = canaries.new("a note")
    text = f"{where}{secret} and after".encode()
    shown = {
        "plain": text,
        "upper": text.upper(),
        "hex": text.hex().encode(),
        "base64": base64.b64encode(text),
        "JSON": "".join(f"\\u{letter:04X}" for letter in text).encode(),
    }[form]

    assert canaries.found_in(b"noise" + shown)
    assert not canaries.found_in(shown.replace(b"0", b"1"), only=["somethingelse0123456"])


def test_every_secret_is_another_one():
    canaries = Canaries()

    made = {canaries.new("x") for _ in range(500)}

    assert len(made) == 500
    assert all(len(dict(forms(secret))) == 9 for secret in made)


def test_an_id_is_no_secret():
    assert not Canaries().found_in(str(UUID(int=7)).encode())
