"""No input breaks the server: every field and parameter of the document, with what is wrong."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.documented import check_reply
from tests.openapi_walk import JSON, Operation, Request, leaves, operations, replaced
from tests.owned import fingerprint, own_one_of_each

WRONG_TYPES: tuple[Any, ...] = (None, True, 7, -1, 1.5, 10**30, "", "x", [], [[]], {}, {"x": 1})
NOT_TEXT = ("a\0b", "a\ud800b")
ABSURD_TIMES = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1600-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30T00:00:00Z",
    "2026-03-01T25:00:00Z",
    "2026-03-01T18:30:00",
    "-2026-03-01T18:30:00Z",
    "1767225600",
    "now",
)
NO_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999")
NOT_JSON = {
    "nothing": b"",
    "half an object": b'{"name": ',
    "text after it": b"{} {}",
    "a single quote": b"{'name': 1}",
    "Latin-1": '{"name": "Zoë"}'.encode("latin-1"),
    "UTF-16": '{"name": "Zoe"}'.encode("utf-16"),
    "a list": b"[]",
    "a text": b'"name"',
    "a number": b"1",
    "null": b"null",
    "NaN": b"NaN",
    "many brackets": b"[" * 100_000,
    "many objects": b'{"a":' * 100_000,
    "many digits": b'{"name": ' + b"9" * 10_000 + b"}",
    "a name twice": b'{"name": "Ana", "name": "Ben"}',
    "half a surrogate pair twice": rb'{"\ud800": 1, "\ud800": 1}',
}


@pytest.fixture
async def own(client, member):
    return await own_one_of_each(client, member)


@pytest.fixture
async def refused(client, member):
    """Send a request; note what is wrong with the refusal. `field` is what it should name."""
    wrong: list[tuple[Any, ...]] = []

    async def send(
        operation: Operation, request: Request, what: Any, *, field: str | None = None
    ) -> None:
        reply = await request.send(client, dict(member.headers))
        body = await reply.get_json(silent=True) or {}
        if not 400 <= reply.status_code < 500 or not body.get("code"):
            wrong.append((operation.name, field, what, reply.status_code, body))
            return
        await check_reply(operation, reply)
        named = {error["field"].split(".")[0] for error in body.get("errors", ())}
        if field is not None and field not in named:
            wrong.append((operation.name, field, what, "names", named, body))

    before = await fingerprint()
    yield send
    assert not wrong, "\n".join(repr(one)[:400] for one in wrong[:40])
    assert await fingerprint() == before


def with_json(client) -> list[Operation]:
    return [operation for operation in operations(client.app) if operation.body_schema]


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


def mutated(operation: Operation, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (field, body) for bodies that the schema refuses or that no text may hold."""
    schema = operation.body_schema or {}
    valid = jsonschema.Draft202012Validator(schema)
    for field, part in schema["properties"].items():
        whole = body | {field: operation.sample(part)} if field not in body else body
        for path in leaves(whole[field], (field,)):
            for value in WRONG_TYPES:
                changed = replaced(whole, path, value)
                if not valid.is_valid(changed):
                    yield field, changed
            if isinstance(_at(whole, path), str):
                for text in NOT_TEXT:
                    yield field, replaced(whole, path, text)


def times_of(operation: Operation) -> list[str]:
    properties = (operation.body_schema or {}).get("properties", {})
    return [name for name, part in properties.items() if '"date-time"' in json.dumps(part)]


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


async def test_wrong_type_or_text_in_a_field_is_refused_by_name(client, member, own, refused):
    for operation in with_json(client):
        request = operation.request(member, own)
        for field, body in mutated(operation, request.body):
            changed = Request(request.method, request.path, {}, encoded(body), JSON)
            await refused(operation, changed, body, field=field)


async def test_absurd_time_is_refused_by_name(client, member, own, refused):
    for operation in with_json(client):
        request = operation.request(member, own)
        for field in times_of(operation):
            for time in ABSURD_TIMES:
                body = encoded({**request.body, field: time})
                changed = Request(request.method, request.path, {}, body, JSON)
                await refused(operation, changed, time, field=field)


async def test_number_that_is_none_is_refused(client, member, own, refused):
    for operation in with_json(client):
        request = operation.request(member, own)
        for field in (operation.body_schema or {})["properties"]:
            for number in NO_NUMBERS:
                text = encoded({**request.body, field: "here"}).replace(b'"here"', number.encode())
                changed = Request(request.method, request.path, {}, text, JSON)
                await refused(operation, changed, number)


async def test_unknown_field_is_refused_by_name(client, member, own, refused):
    for operation in with_json(client):
        request = operation.request(member, own)
        for name in ("no_such_field", "Name", "__class__", "nul\0", "x" * 10_000):
            body = encoded({**request.body, name: 1})
            changed = Request(request.method, request.path, {}, body, JSON)
            await refused(operation, changed, name[:20], field=name[:200])


async def test_half_a_surrogate_pair_as_a_name_is_refused(client, member, own, refused):
    for operation in with_json(client):
        request = operation.request(member, own)
        body = encoded({**request.body, "\ud800": 1})
        changed = Request(request.method, request.path, {}, body, JSON)
        await refused(operation, changed, "surrogate", field="body")


async def test_what_is_no_json_object_is_refused(client, member, own, refused):
    for operation in with_json(client):
        request = operation.request(member, own)
        for what, body in NOT_JSON.items():
            changed = Request(request.method, request.path, {}, body, JSON)
            await refused(operation, changed, what)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data"])
async def test_json_of_another_content_type_is_415(client, member, own, refused, content_type):
    for operation in with_json(client):
        request = operation.request(member, own)
        changed = Request(request.method, request.path, {}, encoded(request.body), content_type)
        await refused(operation, changed, content_type)
        reply = await changed.send(client, dict(member.headers))
        assert reply.status_code == 415, operation.name


async def test_body_over_the_limit_is_413(client, member, own, refused):
    for operation in with_json(client):
        request = operation.request(member, own)
        body = encoded(request.body)[:-1] + b" " * 2_000_000 + b"}"
        changed = Request(request.method, request.path, {}, body, JSON)
        await refused(operation, changed, "too large")
        reply = await changed.send(client, dict(member.headers))
        assert reply.status_code == 413, operation.name


async def test_body_of_unknown_fields_alone_gets_a_short_reply(client, member):
    reply = await client.post(
        "/api/tags", headers=member.headers, json={f"field{n}": 1 for n in range(50_000)}
    )

    assert reply.status_code == 400
    assert len(await reply.get_data()) < 50_000
