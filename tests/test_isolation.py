"""Nobody reaches what is not theirs: every operation that takes an id, from the document."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from server.app import create_app
from server.config import Settings
from server.openapi import document
from tests.factories import make_housemate, make_member
from tests.openapi_walk import operations
from tests.owned import delete_all, fingerprint, own_one_of_each

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


@pytest.fixture
async def foreign(client, member):
    """What `member` must not reach: {whose: an id of each kind}."""
    stranger, housemate = await make_member(), await make_housemate(member)
    deleted = await own_one_of_each(client, member)
    ids = {
        "another household's": await own_one_of_each(client, stranger),
        "a housemate's private": await own_one_of_each(client, housemate),
        "deleted": deleted,
        "unknown": {kind: uuid4() for kind in deleted},
    }
    await delete_all(deleted)
    return ids


async def test_a_foreign_object_is_not_found_wherever_its_id_stands(client, member, foreign):
    own = await own_one_of_each(client, member)
    expected = json.dumps(NOT_FOUND).encode()
    wrong: list[tuple[Any, ...]] = []
    for operation in operations(client.app):
        before = await fingerprint()
        for place in operation.places:
            for whose, ids in foreign.items():
                request = operation.request(member, own, **{place.name: ids[place.kind]})
                reply = await request.send(client, member.headers)
                body = await reply.get_data()
                request_id = reply.headers["X-Request-ID"].encode()
                if (reply.status_code, body.replace(request_id, b"")) != (404, expected):
                    wrong.append((operation.name, place.where, place.name, whose, body))
        if await fingerprint() != before:
            wrong.append((operation.name, "changed the database"))

    assert not wrong, "\n".join(map(str, wrong))


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


async def test_only_signing_in_health_metrics_and_feeds_are_public(client):
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
