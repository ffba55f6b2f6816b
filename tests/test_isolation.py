"""Nobody reaches what is not theirs: every operation that takes an id, from the document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from server.app import create_app
from server.config import Settings
from server.openapi import document
from tests.factories import Member, make_housemate, make_member
from tests.openapi_walk import Operation, Request, operations
from tests.owned import delete_all, fingerprint, own_one_of_each

Ids = Mapping[str, Any]

# Routes that the document leaves out, and why.
UNLISTED = {
    "/api/openapi.json": "the document itself",
    "/api/docs": "the same for people",
    "/password-reset": "a page for people",
}
NOT_FOUND = {
    "type": "/api/docs#not_found",
    "title": "Not found",
    "status": 404,
    "code": "not_found",
    "detail": "There is no such object.",
    "request_id": "",
}


# Headers whose own rules must not tell that an object exists, before its owner is looked at.
CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"If-Match": '"1"'},
    {"If-None-Match": "*"},
    {"Idempotency-Key": "7b0c"},
)


@pytest.fixture(params=["an admin", "a member"])
async def caller(client, member, request):
    """Who tries: the server's admin, who has no more right to read, or somebody else."""
    return member if request.param == "an admin" else await make_member()


@pytest.fixture
async def foreign(client, caller):
    """What `caller` must not reach: {whose: an id of each kind}."""
    stranger, housemate = await make_member(), await make_housemate(caller)
    deleted = await own_one_of_each(client, caller)
    ids = {
        "another household's": await own_one_of_each(client, stranger),
        "a housemate's private": await own_one_of_each(client, housemate),
        "deleted": deleted,
        "unknown": {kind: uuid4() for kind in deleted},
    }
    await delete_all(deleted)
    return ids


def attempts(operation: Operation, caller: Member, own: Ids, ids: Ids) -> Iterator[Request]:
    """Yield the operation with a foreign id in each place, and in all; in lists also beside own."""
    for place in operation.places:
        request = operation.request(caller, own, **{place.name: ids[place.kind]})
        yield request
        if place.where == "body" and isinstance(request.body[place.name], list):
            both = [str(own[place.kind]), *request.body[place.name]]
            yield replace(request, body={**request.body, place.name: both})
    if len(operation.places) > 1:
        yield operation.request(caller, own, **{p.name: ids[p.kind] for p in operation.places})


def nested_ids(operation: Operation, schema: Any, depth: int = 0) -> int:
    """Count the ids below the fields of a body, which `Operation.places` would not see."""
    schema = operation.named(schema)
    found = int(depth > 1 and schema.get("format") == "uuid")
    for variant in schema.get("anyOf", ()):
        found += nested_ids(operation, variant, depth)
    if "items" in schema:
        found += nested_ids(operation, schema["items"], depth)
    parts = [*schema.get("properties", {}).values(), schema.get("additionalProperties")]
    return found + sum(nested_ids(operation, p, depth + 1) for p in parts if isinstance(p, dict))


def test_no_id_stands_where_the_walk_does_not_look():
    for operation in operations(create_app(Settings())):
        assert nested_ids(operation, operation.body_schema or {}) == 0, operation.name


async def test_a_foreign_object_is_not_found_wherever_its_id_stands(
    client, member, caller, foreign
):
    own = await own_one_of_each(client, caller)
    expected = json.dumps(NOT_FOUND).encode()
    wrong: list[tuple[Any, ...]] = []
    tried, headers_seen = 0, set()
    for operation in operations(client.app):
        if operation.is_for_admins and caller != member:
            continue  # to them it is 403, whatever is asked for
        before = await fingerprint()
        for whose, ids in foreign.items():
            for condition in CONDITIONS[: None if whose == "another household's" else 1]:
                for request in attempts(operation, caller, own, ids):
                    tried += 1
                    reply = await request.send(client, caller.headers | condition)
                    body = await reply.get_data()
                    request_id = reply.headers.pop("X-Request-ID").encode()
                    headers_seen.add(tuple(sorted(reply.headers.items())))
                    if (reply.status_code, body.replace(request_id, b"")) != (404, expected):
                        wrong.append((operation.name, request, whose, condition, body))
        if await fingerprint() != before:
            wrong.append((operation.name, "changed the database"))

    assert not wrong, "\n".join(map(str, wrong))
    # Not even a header tells one from the other.
    assert len(headers_seen) == 1, headers_seen
    assert tried > 400


async def test_what_is_for_admins_tells_a_member_nothing_of_any_id(client, member, stranger):
    own, unknown = await own_one_of_each(client, member), {}
    before, wrong = await fingerprint(), []
    for operation in operations(client.app):
        if operation.is_for_admins:
            unknown = dict.fromkeys(own, uuid4())
            for ids in (own, unknown):
                request = operation.request(
                    stranger, {**own, **ids, "restore_token": "x", "words": {}}
                )
                reply = await request.send(client, stranger.headers)
                code = (await reply.get_json())["code"]
                if (reply.status_code, code) != (403, "permission_missing"):
                    wrong.append((operation.name, reply.status_code, code))

    assert not wrong
    assert unknown, "no operation is for admins"
    assert await fingerprint() == before


async def test_nothing_but_public_operations_answers_without_a_token(client, member):
    own = await own_one_of_each(client, member)
    before = await fingerprint()
    answered = {}
    for operation in operations(client.app):
        if not operation.is_public:
            reply = await operation.request(member, own).send(client, {})
            answered[operation.name] = (reply.status_code, (await reply.get_json())["code"])

    assert set(answered.values()) == {(401, "token_missing")}, answered
    assert await fingerprint() == before


async def test_only_what_proves_itself_otherwise_or_tells_nothing_is_public(client):
    public = {operation.name for operation in operations(client.app) if operation.is_public}

    assert public == {
        "register",
        "login",
        "refresh",
        "verify_mfa",
        "request_password_reset",
        "confirm_password_reset",
        "get_health",
        "get_live",
        "get_metrics",
        "read_feed",
        "read_unsubscribe_page",
        "unsubscribe_by_token",
        "resubscribe_by_token",
        "restore_account",
        "get_erasure",
        "get_security_txt",
        "receive_sms",
        "record_sms_status",
        "record_email_events",
        "receive_mail",
    }


def test_every_route_is_in_the_document():
    app = create_app(Settings())
    documented = {
        (path, method.upper())
        for path, methods in document(app)["paths"].items()
        for method in methods
    }
    routes = {
        (re.sub(r"<(?:uuid:)?(\w+)>", r"{\1}", str(rule.rule)), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in UNLISTED
    }

    assert routes == documented
