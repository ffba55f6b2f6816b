"""Secrets go into every input of a real server, also of one that breaks, and come out nowhere."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import asyncpg
import pytest
from quart import Quart

from server import config, redis_client
from tests.canaries import Canaries, dump_database, dump_redis, forms
from tests.factories import Member, make_member
from tests.http_server import http_server
from tests.openapi_walk import (
    ENDS_THE_SESSION,
    JSON,
    Operation,
    Request,
    operations,
    replaced,
    text_places,
)
from tests.owned import own_one_of_each
from tests.sentry import running_sentry

# Of these fields nobody who has the database, but not the key, reads a word (DESIGN: encrypted).
SECRET_FIELDS = {
    "notes", "reason", "custom_fields", "password", "current_password", "new_password",
    "refresh_token", "restore_token",
}  # fmt: skip
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


def bodies(
    app: Quart,
    member: Member,
    ids: Mapping[str, Any],
    canaries: Canaries,
    mode: str,
    every: int,
) -> Iterator[tuple[Request, str, bool]]:
    """Yield writes with a canary in each `every`th of their texts; say whether it is secret."""
    places = count()
    for operation in operations(app):
        schema = operation.body_schema
        if schema is None or operation.name in ENDS_THE_SESSION:
            continue
        request = operation.request(member, ids)
        for path in text_places(operation, schema):
            if next(places) % every:
                continue
            canary = canaries.new(f"{mode} {operation.name} {path}")
            body = _with(operation, request, path, canary)
            if mode == "refused":  # also as a field's name, and as a value of another type
                body = {**body, canary: canary, path[0]: {canary: [canary]}}
            yield (
                Request(request.method, request.path, request.query, body, JSON),
                canary,
                path[0] in SECRET_FIELDS,
            )


def _with(operation: Operation, request: Request, path: tuple[Any, ...], canary: str) -> Any:
    sample = operation.sample((operation.body_schema or {})["properties"][path[0]])
    # E-mail addresses are the only texts with a form of their own.
    text = f"{canary}@example.org" if path[-1] == "email" else canary
    return replaced({**request.body, path[0]: sample}, path, text)


def files(new: Callable[[str], str]) -> Iterator[tuple[Request, bool]]:
    """Yield imports, good and broken, with canaries in what is encrypted."""
    import_path, ics_path = "/api/contacts/import", "/api/calendars/import"
    for line in ("NOTE:{}", "X-SECRET:{}", "item1.X-ABLABEL:{}"):
        card = f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ida\r\n{line.format(new(line))}\r\nEND:VCARD\r\n"
        yield Request("POST", import_path, {}, card, "text/vcard"), True
        yield Request("POST", import_path, {}, card[:-8], "text/vcard"), True
        broken = card.replace("FN:Ida\r\n", f"FN{new('a broken line')}\r\n")
        yield Request("POST", import_path, {}, broken, "text/vcard"), True
    table = f"Name,Notes,Pet\r\nIda,{new('csv notes')},{new('csv custom')}\r\n"
    yield Request("POST", import_path, {}, table, "text/csv"), True
    for line in (
        "SUMMARY:{}",
        "DESCRIPTION:{}",
        "LOCATION:{}",
        "ATTENDEE;CN={}:mailto:a@b.example",
    ):
        event = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:" + str(uuid4())
            + "\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:20260310T180000Z\r\n"
            + line.format(new(line)) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )  # fmt: skip
        yield Request("POST", ics_path, {}, event, "text/calendar"), True
        broken = event.replace("DTSTART:2026", f"DTSTART:{new('a broken date')}")
        yield Request("POST", ics_path, {}, broken, "text/calendar"), True
    contact = f"/api/contacts/{uuid4()}/photo"
    yield Request("PUT", contact, {}, new("no picture").encode(), "image/jpeg"), True


def oddities(new: Callable[[str], str], headers: dict[str, str]) -> Iterator[tuple[Request, Any]]:
    """Yield requests with a canary where no document says that something goes."""
    for path in ("/{}", "/api/{}", "/api/contacts/{}", "/feeds/{}.ics", "/api/contacts?{}=1",
                 "/api/contacts?search={}", "/api/contacts?cursor={}", "/api/contacts?limit={}",
                 "/api/suggestions?state={}", "//{}", "/api/auth/../{}",
                 "/health?x={}"):  # fmt: skip
        yield Request("GET", path.format(new(path)), {}), headers
    for name in ("Cookie", "X-Forwarded-For", "Forwarded", "If-Match", "If-None-Match", "Accept",
                 "Origin", "Referer", "Content-Type", "Host", "X-Request-ID", "Range",
                 "X-HTTP-Method-Override", "Accept-Language"):  # fmt: skip
        extra = {name: new(name)}
        yield Request("PATCH", "/api/auth/me", {}, b"{}"), headers | extra
    secret = new("bearer")
    basic = base64.b64encode(f"ana:{new('basic')}".encode()).decode()
    for value in (f"Bearer {secret}", f"Bearer {secret}.{secret}.{secret}", f"Basic {basic}"):
        yield Request("GET", "/api/auth/me", {}), {"Authorization": value}
    for body in ('{{"name": "{}"', "{}", '{{"name": "{}"}} x', '"{}"', '{{"{}": 1e999}}'):
        raw = body.format(new(f"JSON {body}")).encode()
        yield Request("POST", "/api/contacts", {}, raw, JSON), headers
        yield Request("POST", "/api/contacts", {}, raw + b"\xff\xfe\0", JSON), headers
    yield Request("POST", "/api/contacts", {}, f'["{new("huge")}' + "x" * 1_100_000, JSON), headers
    yield Request(new("method").upper(), "/api/contacts", {}), headers


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
