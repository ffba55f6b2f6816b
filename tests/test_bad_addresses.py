"""No address breaks the server: query parameters, ids and methods that are wrong."""

from typing import Any
from uuid import uuid4

import pytest

from server.lib import cursors
from tests.documented import check_reply
from tests.openapi_walk import NEEDED_QUERY, Operation, Request, operations
from tests.owned import fingerprint, own_one_of_each

# Wrong for a parameter of this type; a text may be anything but a null byte or too long.
WRONG = {
    "integer": ("x", "1.5", "", "0", "-1", "1e3", "9" * 30, "٣x", "\0"),
    "boolean": ("maybe", "", "2", "\0"),
    "uuid": ("x", "", "0" * 32 + "g", "\0"),
    "date-time": ("x", "", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1767225600", "\0"),
    "enum": ("nonsense", "", "\0"),
    "string": ("a\0b", "x" * 100_000),
}
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"}


@pytest.fixture
async def own(client, member):
    return {**await own_one_of_each(client, member), "user": member.scope.user_id}


@pytest.fixture
async def ask(client, member, own):
    """Ask an operation with other query parameters; return (status, code, fields named)."""

    async def send(operation: Operation, query: dict[str, Any], **ids: Any) -> tuple[Any, ...]:
        plain = operation.request(member, own, **ids)
        query = {
            name: word for name, word in NEEDED_QUERY.items() if name in operation.query
        } | query
        changed = Request(plain.method, plain.path, query, plain.body, plain.content_type)
        reply = await changed.send(client, dict(member.headers))
        body = await reply.get_json(silent=True) or {}
        if reply.status_code >= 400:
            await check_reply(operation, reply)
        fields = {error["field"].split(".")[0] for error in body.get("errors", ())}
        return reply.status_code, body.get("code"), fields

    before = await fingerprint()
    yield send
    assert await fingerprint() == before


def api_operations(client: Any) -> list[Operation]:
    """Return all but /health: monitors and proxies ask there in their own ways."""
    return [one for one in operations(client.app) if one.path.startswith("/api/")]


def kind_of(schema: dict[str, Any]) -> str:
    variants = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    if any("enum" in one or "const" in one or "$ref" in one for one in variants):
        return "enum"
    (variant,) = variants
    return str(variant.get("format", variant["type"]))


async def test_wrong_query_parameter_is_refused_by_name(client, ask):
    wrong = []
    for operation in operations(client.app):
        for name, schema in operation.query.items():
            for value in WRONG[kind_of(schema)]:
                status, _, fields = await ask(operation, {name: value})
                if status != 400 or name not in fields:
                    wrong.append((operation.name, name, value[:40], status, fields))

    assert not wrong, "\n".join(map(str, wrong))


async def test_repeated_query_parameter_is_refused_by_name(client, ask):
    for operation in operations(client.app):
        for name in operation.query:
            status, _, fields = await ask(operation, {name: ["1", "1"]})
            assert (status, name in fields) == (400, True), (operation.name, name)


@pytest.mark.parametrize(
    "values", [(), (None,), (None, None), (None, None, None), (0,), ("x", uuid4()), (-(2**63),)]
)
async def test_forged_cursor_never_breaks_a_list(client, ask, values):
    for operation in operations(client.app):
        if "cursor" in operation.query:
            status, _, _ = await ask(operation, {"cursor": cursors.encode(values)})
            assert status in {200, 400}, operation.name


@pytest.mark.parametrize("name", ["no_such", "limit[]", "x\0", "a" * 5_000])
async def test_unknown_query_parameter_is_refused(client, ask, name):
    for operation in api_operations(client):
        status, code, fields = await ask(operation, {name: "1"})
        assert (status, code, bool(fields)) == (400, "bad_input", True), operation.name


@pytest.mark.parametrize("word", ["x", "1", "%00", "0" * 36, "..", "%F0%9F"])
async def test_malformed_id_in_a_path_is_not_found(client, member, own, word):
    for operation in operations(client.app):
        for place in operation.places:
            if place.where == "path":
                plain = operation.request(member, own)
                path = plain.path.replace(str(own[place.kind]), word)
                reply = await client.open(path, method=plain.method, headers=member.headers)
                known = reply.status_code == 405  # "..": the address of another operation
                assert known or reply.status_code == 404, (operation.name, path)
                assert (await reply.get_json())["code"]


async def test_trailing_or_doubled_slash_is_not_found(client, member, own):
    for operation in api_operations(client):
        request = operation.request(member, own)
        for path in (f"{request.path}/", request.path.replace("/api/", "/api//")):
            reply = await client.open(path, method=request.method, headers=member.headers)
            assert (reply.status_code, reply.mimetype) == (404, "application/problem+json"), path


async def test_wrong_method_is_405_with_the_right_ones(client, member, own):
    taken: dict[str, set[str]] = {}
    paths = {}
    for operation in operations(client.app):
        taken.setdefault(operation.path, set()).add(operation.method)
        paths[operation.path] = operation.request(member, own).path
    for template, methods in taken.items():
        for method in METHODS - methods:
            reply = await client.open(paths[template], method=method, headers=member.headers)
            allowed = set(reply.headers["Allow"].split(", ")) - {"HEAD"}
            assert (reply.status_code, allowed) == (405, methods), (method, template)
            assert (await reply.get_json())["code"] == "method_not_allowed"
