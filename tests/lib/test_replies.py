"""What a route returns, as JSON."""

import json
from datetime import UTC, datetime

import pytest
from quart import Quart
from quart_schema import QuartSchema, validate_request, validate_response

from server.lib.fields import Shape
from server.lib.json_bodies import JsonRequest
from server.lib.replies import Encoded, answers, takes, write_json


class Talk(Shape):
    """A talk."""

    at: datetime
    note: str | None


TALK = Talk(at=datetime(2026, 3, 1, 12, tzinfo=UTC), note="Zoë & 北京")


@pytest.fixture
def app():
    app = Quart("test")
    QuartSchema(app)
    write_json(app)
    return app


async def answered(app, handler):
    app.get("/talk")(handler)
    return await app.test_client().get("/talk")


async def test_a_model_is_written_as_pydantic_writes_it(app):
    @validate_response(Talk)
    async def talk():
        return TALK

    reply = await answered(app, talk)

    assert await reply.get_data() == TALK.model_dump_json().encode()
    assert (reply.status_code, reply.content_type) == (200, "application/json")


async def test_a_model_may_come_with_a_status_and_headers(app):
    async def talk():
        return TALK, 201, {"ETag": '"1"'}

    reply = await answered(app, talk)

    assert (reply.status_code, reply.headers["ETag"]) == (201, '"1"')


async def test_what_is_json_already_goes_out_as_it_is(app):
    @answers(Talk)
    async def talk():
        return Encoded(Talk, b'{"at": "2026-03-01T12:00:00Z", "note": null}')

    reply = await answered(app, talk)

    assert json.loads(await reply.get_data())["note"] is None
    assert reply.content_type == "application/json"


async def test_anything_else_is_quarts_own_affair(app):
    async def talk():
        return "text", 202

    reply = await answered(app, talk)

    assert (await reply.get_data(), reply.status_code) == (b"text", 202)


def test_an_encoded_reply_can_be_read_by_its_model():
    assert Encoded(Talk, TALK.model_dump_json().encode()).read() == TALK


async def test_a_route_that_answers_encoded_replies_is_documented_by_its_model(app):
    @answers(Talk)
    async def talk():
        return Encoded(Talk, b"{}")

    await answered(app, talk)
    document = await (await app.test_client().get("/openapi.json")).get_json()

    schema = document["paths"]["/talk"]["get"]["responses"]["200"]["content"]["application/json"]
    assert set(schema["schema"]["properties"]) == {"at", "note"}


@pytest.mark.parametrize("decorator", [takes, validate_request])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"at": "2026-03-01T12:00:00Z", "note": null}', 200),
        ('{"at": "2026-03-01T12:00:00Z", "note": 3, "more": 1}', 400),
        ('{"note": null}', 400),
        ("[]", 400),
        ("null", 400),
    ],
)
async def test_a_body_is_read_and_refused_as_quart_schema_does(app, decorator, body, status):
    app.request_class = JsonRequest

    @app.post("/talks")
    @decorator(Talk)
    async def talks(data):
        return data

    reply = await app.test_client().post(
        "/talks", data=body, headers={"Content-Type": "application/json"}
    )

    assert reply.status_code == status
    if status == 200:
        assert await reply.get_json() == json.loads(body)
