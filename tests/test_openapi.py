"""The document at /api/openapi.json, as a generated client would read it."""

import asyncio
import json
import re
from collections import defaultdict

import pytest

from server.app import create_app
from server.config import Settings
from server.users.permissions import Permission

APP = create_app(Settings())
PROVIDER = APP.extensions["QUART_SCHEMA"].openapi_provider


async def _read():
    async with APP.app_context():
        components = [PROVIDER.build_paths(rule)[1] for rule in PROVIDER.generate_rules()]
        return PROVIDER.schema(), components


DOCUMENT, COMPONENTS = asyncio.run(_read())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
each = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


def problem_statuses(operation):
    return {
        int(status)
        for status, response in operation["responses"].items()
        if "application/problem+json" in response.get("content", {})
    }


def test_the_document_is_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1.")


def test_the_document_is_json():
    assert json.loads(json.dumps(DOCUMENT))["info"]["title"] == "CatchUp"


def test_every_route_of_the_api_is_in_it():
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in APP.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "openapi"
    }

    assert rules - {"/api/docs"} <= DOCUMENT["paths"].keys()


def test_no_two_operations_share_a_name():
    names = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(names) == len(set(names))


def test_no_two_components_share_a_name():
    found = defaultdict(set)
    for components in COMPONENTS:
        for name, schema in components.items():
            found[name].add(json.dumps(schema, sort_keys=True))

    assert [name for name, schemas in found.items() if len(schemas) > 1] == []


def test_every_reference_leads_somewhere():
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT)))

    assert names <= DOCUMENT["components"]["schemas"].keys()


def test_nothing_but_a_plain_list_or_object_has_such_a_default():
    # openapi-python-client drops operations whose reference or choice has one.
    found = [
        f"{name}.{field}"
        for name, schema in DOCUMENT["components"]["schemas"].items()
        for field, part in schema.get("properties", {}).items()
        if isinstance(part.get("default"), dict | list) and "type" not in part
    ]

    assert found == []


@each
def test_an_operation_has_a_summary_and_a_tag(operation):
    assert operation["summary"]
    assert operation["tags"]


@each
def test_an_operation_names_its_permission_or_is_open_to_all(operation):
    if operation["security"]:
        assert operation["x-permission"] in set(Permission)
        assert problem_statuses(operation) >= {401, 403}
    else:
        assert "x-permission" not in operation


def test_an_operation_that_wants_a_fresh_proof_says_so():
    found = {one["operationId"] for one in OPERATIONS.values() if one.get("x-step-up")}

    assert found >= {"begin_totp", "renew_recovery_codes"}
    assert "list_sessions" not in found


@each
def test_an_operation_documents_its_success(operation):
    assert [status for status in operation["responses"] if "200" <= status < "300"]


@each
def test_an_operation_documents_what_every_one_may_answer(operation):
    assert operation["responses"].keys() >= {"500", "503"}


@each
def test_an_operation_with_a_body_documents_a_bad_and_a_large_one(operation):
    if "requestBody" in operation:
        assert operation["requestBody"]["required"]
        assert problem_statuses(operation) >= {400, 413}


@each
def test_an_operation_on_one_object_documents_that_it_may_not_be_there(operation):
    if any(parameter["in"] == "path" for parameter in operation["parameters"]):
        assert 404 in problem_statuses(operation)


@each
def test_an_operation_that_may_answer_412_takes_if_match(operation):
    names = {parameter["name"] for parameter in operation["parameters"]}

    assert ("If-Match" in names) == (412 in problem_statuses(operation))


@each
def test_an_operation_that_is_limited_says_so(operation):
    # Monitors, and providers: whom we turn away may not come back.
    if operation["operationId"] in {
        *("get_health", "get_live", "get_metrics"),
        *("receive_sms", "record_sms_status", "record_email_events", "receive_mail"),
    }:
        assert "429" not in operation["responses"]
        return
    refused = operation["responses"]["429"]
    assert refused["headers"].keys() == {
        "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After",
    }  # fmt: skip
    success = next(one for status, one in operation["responses"].items() if status < "300")
    assert "RateLimit-Remaining" in success["headers"]


def test_every_header_that_is_referred_to_is_there():
    names = set(re.findall(r'"#/components/headers/([^"]+)"', json.dumps(DOCUMENT)))

    assert names == DOCUMENT["components"]["headers"].keys()


async def test_the_document_is_served_without_signing_in(client):
    reply = await client.get("/api/openapi.json")

    assert (reply.status_code, (await reply.get_json())["openapi"]) == (200, DOCUMENT["openapi"])
