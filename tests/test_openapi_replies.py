"""The OpenAPI document is valid, and true of what the routes answer."""

import jsonschema
import pytest
from openapi_spec_validator import validate

from server.app import create_app
from server.config import Settings
from server.lib.clock import utc_now
from server.openapi import document
from tests.documented import check_reply
from tests.factories import make_admin, make_member
from tests.messages.letters import insert_letter
from tests.mfa import turn_on
from tests.openapi_walk import operations
from tests.owned import make_jobs, make_key, own_one_of_each, states_for

PROBLEM = {"$ref": "#/components/schemas/Problem"}


ACTS_ON_OTHERS = {
    "disable_user",
    "enable_user",
    "erase_user",
    "export_user",
    "reset_user_mfa",
    "restore_user",
    "set_user_role",
}


async def look_after_another(client, admin, own, act):
    """Let `own` name another user, as they must be for an act."""
    other = await make_member()
    own["user"] = other.scope.user_id
    own["words"] = {**own["words"], act: {"confirm": other.email} if act in CONFIRMED else {}}
    before = {"enable_user": ("disable", {}), "restore_user": ("erase", {"confirm": other.email})}
    if act == "reset_user_mfa":
        await turn_on(other, now=utc_now())
    if act in before:
        path, body = before[act]
        path = f"/api/admin/users/{other.scope.user_id}/{path}"
        reply = await client.post(path, headers=admin.headers, **({"json": body} if body else {}))
        assert reply.status_code < 300, await reply.get_data()


CONFIRMED = {"erase_user", "export_user"}


@pytest.fixture(scope="module")
def app():
    return create_app(Settings())


def test_document_is_valid_openapi_3_1(app):
    validate(document(app))


async def test_server_answers_the_whole_document(client):
    reply = await client.get("/api/openapi.json")

    assert await reply.get_json() == document(client.app)


def test_every_error_is_a_problem(app):
    for operation in operations(app):
        for status, reply in operation.spec["responses"].items():
            is_own = (operation.name, status) == ("get_health", "503")
            if int(status) >= 400 and not is_own:
                assert reply["content"] == {"application/problem+json": {"schema": PROBLEM}}


def test_example_of_a_field_fits_its_schema(app):
    for operation in operations(app):
        for schema in (operation.body_schema or {}).get("properties", {}).values():
            closed = operation.closed(schema)
            for example in schema.get("examples", ()):
                jsonschema.Draft202012Validator(closed).validate(example)


async def test_every_operation_answers_its_owner_as_documented(client):
    """The control of test_isolation.py: the same requests, one's own ids, all get through."""
    for operation in operations(client.app):
        is_for_admins = operation.path.startswith("/api/admin/")
        member = await (make_admin() if is_for_admins else make_member())
        own = await own_one_of_each(client, member, **states_for(operation.name))
        own["key"] = await make_key()
        own["user"] = member.scope.user_id
        own["message"] = await insert_letter(member, state="failed")
        await make_jobs(own, is_queued=operation.name in {"abort_job", "abort_jobs"})
        if operation.name in ACTS_ON_OTHERS:
            await look_after_another(client, member, own, operation.name)

        reply = await operation.request(member, own).send(client, member.headers)

        assert reply.status_code < 300, (operation.name, await reply.get_data())
        await check_reply(operation, reply)
