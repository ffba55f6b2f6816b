import errno
import json

import asyncpg
import pytest

from server import db
from server.app import create_app
from server.db_connections import DatabaseAway
from server.errors import Conflict, FieldError, Unavailable
from tests.factories import PASSWORD

LOGIN = "/api/auth/login"
GOOD = {"email": "ana@example.org", "password": PASSWORD}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def app(database):
    """The application, still open for routes of the test's own."""
    return create_app(database.model_copy(update={"max_json_bytes": 2048}))


async def problem_of(reply):
    assert reply.content_type == "application/problem+json"
    body = await reply.get_json(force=True)
    assert body["status"] == reply.status_code
    assert {"type", "title", "code", "detail", "request_id"} <= body.keys()
    return body


MALFORMED = {
    "no JSON": b"{email: ana}",
    "half a JSON": b'{"email": ',
    "nothing": b"",
    "no UTF-8": b'{"email": "\xff\xfe"}',
    "two documents": b"{} {}",
    "a list": b"[]",
    "a number": b"7",
    "a text": b'"ana"',
    "null": b"null",
    "brackets without end": b"[" * 2000,
    "objects without end": b'{"a":' * 400,
    "a number without end": b'{"email": ' + b"9" * 1900 + b"}",
    "not a number": b'{"email": NaN, "password": "x"}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_body_answers_400(app, body):
    reply = await app.test_client().post(LOGIN, data=body, headers=JSON)

    assert reply.status_code == 400
    await problem_of(reply)


async def test_a_body_that_is_no_json_by_its_type_answers_415(app):
    reply = await app.test_client().post(
        LOGIN, data=json.dumps(GOOD).encode(), headers={"Content-Type": "text/plain"}
    )

    found = await problem_of(reply)
    assert (reply.status_code, found["code"]) == (415, "unsupported_media_type")


async def test_refused_fields_are_named_with_a_code_and_a_reason(app):
    body = {"email": "nobody", "password": "", "mood": 1}

    reply = await app.test_client().post(LOGIN, json=body)

    found = await problem_of(reply)
    assert (reply.status_code, found["code"]) == (400, "bad_input")
    assert sorted(error["field"] for error in found["errors"]) == ["email", "mood", "password"]
    assert all(error["code"] and error["message"] for error in found["errors"])


async def test_what_was_sent_is_not_repeated(app):
    sent = {"email": "hunter2", "password": ["hunter2"], "x": "hunter2"}

    reply = await app.test_client().post(LOGIN, json=sent)

    assert "hunter2" not in await reply.get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    ["/", "/api", "/api/nothing", "/api/interactions/not-an-id", "/api/../etc/passwd", "/%00"],
)
async def test_an_unknown_address_answers_404(app, path):
    reply = await app.test_client().get(path)

    assert (reply.status_code, (await problem_of(reply))["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
async def test_a_method_that_is_not_taken_says_which_are(app, method):
    reply = await app.test_client().open(LOGIN, method=method)

    assert (reply.status_code, reply.headers["Allow"]) == (405, "POST")
    assert (await problem_of(reply))["code"] == "method_not_allowed"


async def test_a_body_over_the_limit_answers_413(app):
    reply = await app.test_client().post(LOGIN, data=b" " * 2049, headers=JSON)

    assert (reply.status_code, (await problem_of(reply))["code"]) == (413, "too_large")


async def test_a_body_over_the_limit_answers_413_when_its_length_is_not_said(app):
    async with app.test_client().request(LOGIN, method="POST", headers=JSON) as connection:
        for _ in range(5):
            await connection.send(b" " * 512)
        await connection.send_complete()

    assert (await connection.as_response()).status_code == 413


async def test_a_body_at_the_limit_is_read(app):
    body = json.dumps(GOOD).encode().ljust(2048)

    reply = await app.test_client().post(LOGIN, data=body, headers=JSON)

    assert reply.status_code == 401


async def test_an_error_of_ours_keeps_its_code_fields_and_headers(app):
    @app.get("/conflict")
    async def conflict():
        raise Conflict("No.", code="busy", fields=[FieldError("a.0", "b", "c")])

    reply = await app.test_client().get("/conflict")

    found = await problem_of(reply)
    assert (found["status"], found["code"], found["detail"]) == (409, "busy", "No.")
    assert found["errors"] == [{"field": "a.0", "code": "b", "message": "c"}]


async def test_what_is_unavailable_says_when_to_come_back(app):
    @app.get("/away")
    async def away():
        raise Unavailable("Away.", retry_after_s=7)

    reply = await app.test_client().get("/away")

    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "7")


async def test_an_unexpected_error_tells_nothing_of_itself(app, capsys):
    @app.get("/broken")
    async def broken():
        raise RuntimeError("hunter2 of ana@example.org")

    reply = await app.test_client().get("/broken")

    assert reply.status_code == 500
    assert "hunter2" not in json.dumps(await problem_of(reply))


async def test_the_log_of_an_unexpected_error_has_its_place_but_not_its_text(database, capsys):
    app = create_app(database)

    @app.get("/broken")
    async def broken():
        raise RuntimeError("hunter2 of ana@example.org")

    reply = await app.test_client().get("/broken")

    logged = capsys.readouterr().err
    assert "hunter2" not in logged
    assert "RuntimeError" in logged
    assert "test_problems.py" in logged
    assert (await problem_of(reply))["request_id"] in logged


async def test_the_request_id_stands_in_the_header_too(app):
    reply = await app.test_client().get("/api/nothing")

    assert (await problem_of(reply))["request_id"] == reply.headers["X-Request-ID"]


async def test_a_database_that_is_away_answers_503(app, member, monkeypatch):
    async def fail(*_):
        raise DatabaseAway("CannotConnectNowError")

    monkeypatch.setattr(db, "fetch_row", fail)

    reply = await app.test_client().post(LOGIN, json=GOOD)

    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert (await problem_of(reply))["code"] == "database_unavailable"


@pytest.mark.parametrize(
    "error", [asyncpg.DeadlockDetectedError("x"), asyncpg.SerializationError("x")]
)
async def test_a_transaction_that_the_database_took_back_can_be_tried_again(
    app, member, monkeypatch, error
):
    async def fail(*_):
        raise error

    monkeypatch.setattr(db, "fetch_row", fail)

    reply = await app.test_client().post(LOGIN, json=GOOD)

    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "1")
    assert (await problem_of(reply))["code"] == "try_again"


async def test_a_full_disk_answers_503_and_is_named(app, member, monkeypatch):
    async def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(db, "fetch_row", fail)

    reply = await app.test_client().post(LOGIN, json=GOOD)

    assert (reply.status_code, (await problem_of(reply))["code"]) == (503, "disk_full")


@pytest.mark.parametrize("error", [FileNotFoundError(), TimeoutError(), ConnectionResetError()])
async def test_a_failure_that_is_not_the_databases_is_not_called_so(
    app, member, monkeypatch, error
):
    async def fail(*_):
        raise error

    monkeypatch.setattr(db, "fetch_row", fail)

    reply = await app.test_client().post(LOGIN, json=GOOD)

    assert reply.status_code == 500


async def test_the_server_is_back_by_itself_when_its_connections_were_cut(app, database, servers):
    client = app.test_client()
    connection = await asyncpg.connect(servers.superuser_url)
    # Each is waited for: the second request may not meet one that is only about to end.
    await connection.execute(
        """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE usename = 'catchup_app' AND datname = $1""",
        database.database.rsplit("/", 1)[1],
    )
    await connection.close()

    replies = [await client.post(LOGIN, json=GOOD) for _ in range(2)]

    assert replies[0].status_code in {401, 503}
    assert replies[1].status_code == 401


async def test_every_401_names_the_scheme(app):
    for path, method in (("/api/auth/me", "GET"), (LOGIN, "POST")):
        reply = await app.test_client().open(
            path,
            method=method,
            json=GOOD if method == "POST" else None,
            headers={"Authorization": "Bearer x"},
        )
        assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_an_id_that_is_none_is_refused_like_one_of_nothing(client, member):
    replies = [
        await (await client.get(f"/api/contacts/{one}", headers=member.headers)).get_json(
            force=True
        )
        for one in ("not-an-id", "01a2056a-4625-799f-8337-000000000000")
    ]

    first, second = ({**reply, "request_id": ""} for reply in replies)
    assert first == second
