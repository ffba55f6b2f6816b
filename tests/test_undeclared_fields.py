"""No request writes what its body does not declare: such a field is refused by name."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from server import db
from tests.openapi_walk import JSON, Operation, Request, operations, replaced
from tests.owned import fingerprint, own_one_of_each

# A refusal names a hundred fields at most.
BATCH = 90

Path = tuple[str | int, ...]

# What would help an attacker most, with a value that would fit.
WANTED: dict[str, Any] = {
    "id": str(uuid4()),
    "household_id": str(uuid4()),
    "user_id": str(uuid4()),
    "server_role": "admin",
    "household_role": "owner",
    "password_hash": "x",
    "is_test_user": True,
    "disabled_at": None,
    "version": 999,
    "created_at": "2020-01-01T00:00:00Z",
    "undone_at": None,
    "permissions": ["admin:write"],
}


def objects(operation: Operation, schema: Any, path: Path = ()) -> Iterator[tuple[Path, set[str]]]:
    """Yield the path and the declared names of every object of a body, itself included."""
    schema = operation.named(schema)
    if "anyOf" in schema:
        schema = operation.named(next(s for s in schema["anyOf"] if s.get("type") != "null"))
    if schema.get("type") == "array":
        yield from objects(operation, schema["items"], (*path, 0))
    elif "properties" in schema:
        yield path, set(schema["properties"])
        for name, part in schema["properties"].items():
            yield from objects(operation, part, (*path, name))


async def columns() -> dict[str, Any]:
    """Return every column of the database, each with something to write into it."""
    rows = await db.fetch(
        "SELECT DISTINCT column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    return {row["column_name"]: "injected" for row in rows} | WANTED


async def test_no_undeclared_field_of_any_object_is_taken(client, member):
    ids = await own_one_of_each(client, member)
    names = await columns()
    before, wrong, tried = await fingerprint(), [], 0
    for operation in operations(client.app):
        schema = operation.body_schema
        if schema is None:
            continue
        request = operation.request(member, ids)
        for path, declared in objects(operation, schema):
            whole = dict(request.body)
            if path:
                whole[str(path[0])] = operation.sample(schema["properties"][path[0]])
            foreign = sorted(names.keys() - declared)
            for some in (foreign[at : at + BATCH] for at in range(0, len(foreign), BATCH)):
                body = whole
                for name in some:
                    body = replaced(body, (*path, name), names[name])
                sent = Request(request.method, request.path, request.query, body, JSON)
                reply = await sent.send(client, dict(member.headers))
                errors = (await reply.get_json()).get("errors", ())
                refused = {e["field"].rsplit(".", 1)[-1] for e in errors}
                tried += len(some)
                if reply.status_code != 400 or not refused.issuperset(some):
                    missing = sorted({*some} - refused)
                    wrong.append((operation.name, path, reply.status_code, missing))
    assert not wrong, "\n".join(repr(one)[:300] for one in wrong[:40])
    assert await fingerprint() == before
    assert tried > 1_000
