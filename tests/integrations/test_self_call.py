"""What the doctor says of the way from providers to us, with one thing wrong on it at a time."""

from collections.abc import AsyncIterator

import pytest
from twilio.request_validator import RequestValidator

from server.integrations.self_call import call_ourselves, knock
from tests.fakes.http import HttpFake, Reply, Request, as_json
from tests.fakes.signing import SendGridKey
from tests.http_server import http_server

TOKEN = "the token"
PATH = "/api/webhooks/sms/status"
EVENTS = "/api/webhooks/email"


class Ourselves(HttpFake):
    """The webhook as CatchUp has it, with the SDK's validator."""

    def __init__(self) -> None:
        super().__init__()
        self.public_url = ""
        self.token: str | None = TOKEN

    async def answer(self, request: Request) -> Reply:
        if self.token is None:
            return as_json(403, {"code": "webhook_not_configured"})
        signature = request.headers.get("x-twilio-signature", "")
        validator = RequestValidator(self.token)
        if validator.validate(self.public_url + request.path, request.form, signature):
            return Reply(204)
        return as_json(403, {"code": "webhook_not_verified"})


@pytest.fixture
async def ourselves() -> AsyncIterator[Ourselves]:
    async with Ourselves() as server:
        server.public_url = server.url
        yield server


async def found(server):
    return await call_ourselves(server.url + PATH, TOKEN)


async def test_a_straight_way_is_well(ourselves):
    assert (await found(ourselves)).status == "ok"


async def test_a_server_with_another_public_url_is_found_out(ourselves):
    ourselves.public_url = "https://catchup.example.org"

    finding = await found(ourselves)
    assert (finding.status, "refuses what is signed" in finding.detail) == ("fail", True)
    assert "PUBLIC_URL" in finding.fix


async def test_a_server_with_another_token_is_found_out(ourselves):
    ourselves.token = "another"

    assert "refuses what is signed" in (await found(ourselves)).detail


async def test_a_server_without_the_token_is_found_out(ourselves):
    ourselves.token = None

    assert "does not know TWILIO_AUTH_TOKEN" in (await found(ourselves)).detail


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (Reply(301, headers={"Location": "https://catchup.example.org/"}), "leads on to https://"),
        (Reply(403, b"<html>no"), "something before CatchUp answers 403"),
        (Reply(404, b"nothing here"), "answers 404"),
        (Reply(502, b"<html>"), "answers 502"),
        (Reply(200, b"welcome"), "to what nobody signed"),
    ],
)
async def test_something_else_in_between_is_found_out(ourselves, reply, detail):
    async def answer(request):
        return reply

    ourselves.answer = answer

    finding = await found(ourselves)
    assert (finding.status, detail in finding.detail) == ("fail", True)


async def test_an_address_where_nobody_answers_is_found_out():
    finding = await call_ourselves("http://127.0.0.1:1" + PATH, TOKEN)

    assert (finding.status, "does not answer" in finding.detail) == ("fail", True)


async def test_the_server_itself_takes_what_is_signed_and_nothing_else(database, tmp_path):
    log_file = tmp_path / "log"
    settings = {"TWILIO_AUTH_TOKEN": TOKEN, "SENDGRID_WEBHOOK_PUBLIC_KEY": SendGridKey().public}
    with log_file.open("wb") as log:
        async with http_server(log, **settings) as server:
            signed = await call_ourselves(server.url + PATH, TOKEN)
            by_another = await call_ourselves(server.url + PATH, "another")
            events = await knock(server.url + EVENTS)

    assert (signed.status, events.status) == ("ok", "ok")
    assert "refuses what is signed" in by_another.detail


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (as_json(403, {"code": "webhook_not_configured"}), "SENDGRID_WEBHOOK_PUBLIC_KEY"),
        (Reply(204), "answers 204"),
        (Reply(404), "answers 404"),
        (Reply(308, headers={"Location": "https://catchup.example.org/"}), "leads on to"),
    ],
)
async def test_an_events_address_where_something_else_answers_is_found_out(
    ourselves, reply, detail
):
    async def answer(request):
        return reply

    ourselves.answer = answer

    finding = await knock(ourselves.url + EVENTS)
    assert (finding.status, detail in finding.detail) == ("fail", True)
