import socket
import ssl
from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import httpx2
import pytest
from pydantic import BaseModel

from tests.tui.fake_server import FakeServer, Reply, problem
from tests.tui.pilot import NOW
from tests.unprivileged import as_nobody
from tui.api import AdminApi
from tui.connect.access import Lease
from tui.errors import (
    Busy,
    Changed,
    Gone,
    NotAllowed,
    NotOurs,
    Refused,
    ServerFault,
    SignInEnded,
    Unreachable,
)


class Thing(BaseModel):
    name: str


@pytest.fixture
async def api(server: FakeServer):
    api = AdminApi(Lease(server.url, "secret-token", NOW + timedelta(hours=1), "ana"))
    yield api
    await api.close()


async def test_what_has_not_changed_is_the_same_object(server, api):
    server.on("/thing", Thing(name="x"))
    first = await api.get("/thing", Thing)

    second = await api.get("/thing", Thing)

    assert second is first
    assert api.line.unchanged == 1


async def test_a_field_of_a_newer_server_is_ignored(server, api):
    server.on("/thing", {"name": "x", "newer": 1})

    assert (await api.get("/thing", Thing)).name == "x"


async def test_parameters_that_are_not_given_are_left_out(server, api):
    server.on("/thing", Thing(name="x"))

    await api.get("/thing", Thing, {"state": None, "since": NOW, "whole": True})

    assert server.asked[0].query == {"since": NOW.isoformat(), "whole": "true"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Refused),
        (401, SignInEnded),
        (403, NotAllowed),
        (404, Gone),
        (409, Changed),
        (412, Changed),
        (413, Refused),
        (422, Refused),
        (429, Busy),
        (500, ServerFault),
        (502, ServerFault),
        (503, Busy),
    ],
)
async def test_each_refusal_has_a_sentence_and_a_way_on(server, api, status, error):
    server.on("/thing", problem(status, "some_code", "The server's sentence."))

    with pytest.raises(error) as caught:
        await api.get("/thing", Thing)

    assert caught.value.sentence == "The server's sentence."
    assert caught.value.way_on
    assert (caught.value.code, caught.value.status) == ("some_code", status)


async def test_an_error_that_is_no_problem_json_has_a_sentence_too(server, api):
    server.on("/thing", Reply(502, "<html>"))

    with pytest.raises(ServerFault, match="failed at this"):
        await api.get("/thing", Thing)


async def test_how_long_to_wait_is_read(server, api):
    server.on("/thing", problem(429, "rate_limited", "Slow down.", Retry_After="17"))

    with pytest.raises(Busy) as caught:
        await api.get("/thing", Thing)

    assert caught.value.retry_after_s == 17


async def test_an_answer_that_is_not_understood_is_said(server, api):
    server.on("/thing", {"nothing": "of ours"})

    with pytest.raises(NotOurs, match="older than the server"):
        await api.get("/thing", Thing)


async def test_a_line_cut_in_the_middle_is_said_after_a_second_try(server, api):
    server.on("/thing", Reply(body={"name": "x" * 200}, cut=True))

    with pytest.raises(Unreachable, match="line was cut"):
        await api.get("/thing", Thing)

    assert len(server.asked) == 2
    assert api.line.trouble is not None


async def test_a_server_that_takes_too_long_is_said(server, api):
    server.on("/thing", Reply(body={"name": "x"}, delay_s=5), method="POST")

    with pytest.raises(Unreachable, match="took too long") as caught:
        await api.act("POST", "/thing", Thing, timeout_s=0.1)

    assert caught.value.way_on


async def test_a_server_is_asked_through_its_socket(tmp_path):
    server = FakeServer()
    await server.start(tmp_path / "http.sock")
    server.on("/thing", {"name": "x"})
    api = AdminApi(Lease(server.url, "secret-token", NOW + timedelta(hours=1), "ana"))
    try:
        assert (await api.get("/thing", Thing)).name == "x"
    finally:
        await api.close()
        await server.stop()


async def test_a_socket_that_one_may_not_open_says_of_which_group_one_must_be(tmp_path):
    server = FakeServer()
    path = tmp_path / "http.sock"
    await server.start(path)
    path.chmod(0)
    api = AdminApi(Lease(server.url, "secret-token", NOW + timedelta(hours=1), "ana"))
    try:
        with as_nobody(), pytest.raises(Unreachable, match="You may not open") as caught:
            await api.get("/thing", Thing)
    finally:
        await api.close()
        await server.stop()

    assert caught.value.code == "socket_denied"
    assert f"usermod -aG {path.group()} " in caught.value.way_on


@pytest.mark.parametrize("is_left", [True, False])
async def test_a_socket_on_which_nobody_listens_says_where_to_look(tmp_path, is_left):
    path = tmp_path / "http.sock"
    if is_left:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
    api = AdminApi(Lease(f"unix:{path}", "secret-token", NOW + timedelta(hours=1), "ana"))

    with pytest.raises(Unreachable, match="Nobody listens") as caught:
        await api.get("/thing", Thing)
    await api.close()

    assert "systemctl status" in caught.value.way_on


async def test_a_line_that_is_closed_without_a_word_is_told_from_one_that_is_cut(api, server):
    server.closes = True

    with pytest.raises(Unreachable) as caught:
        await api.get("/thing", Thing)

    assert caught.value.code == "no_answer"


async def test_a_server_that_is_gone_is_said(server, api):
    await server.stop()

    with pytest.raises(Unreachable, match="cannot be reached"):
        await api.get("/thing", Thing)


async def test_an_act_that_is_tried_again_is_done_once(server, api):
    cuts = iter([True, False])
    server.on(
        "/thing/retry", lambda _: Reply(body={"name": "x" * 99}, cut=next(cuts)), method="POST"
    )

    await api.act("POST", "/thing/retry", Thing, {"confirm": True})

    keys = [one.headers["idempotency-key"] for one in server.writes]
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_session_that_ended_is_renewed_once(server):
    lease = Lease(server.url, "old", NOW, "ana")

    async def renew() -> Lease:
        return replace(lease, token="new")

    server.on(
        "/thing",
        lambda one: (
            Thing(name="x")
            if one.headers["authorization"] == "Bearer new"
            else problem(401, "unauthorized", "The session has ended.")
        ),
    )
    api = AdminApi(lease, renew=renew)

    assert (await api.get("/thing", Thing)).name == "x"
    await api.close()


async def test_a_file_comes_in_parts(server, api):
    server.on("/thing", Reply(body=b"x" * 300_000), method="POST")
    parts: list[bytes] = []

    await api.download("/thing", {}, parts.append, timeout_s=5)

    assert b"".join(parts) == b"x" * 300_000
    assert len(parts) > 1


async def test_a_file_that_is_cut_is_an_error(server, api):
    server.on("/thing", Reply(body=b"x" * 300, cut=True), method="POST")

    with pytest.raises(Unreachable, match="line was cut"):
        await api.download("/thing", {}, lambda _: None, timeout_s=5)

    assert len(server.asked) == 1


async def test_a_file_that_is_refused_says_why(server, api):
    server.on("/thing", problem(403, "step_up_required", "Prove it again."), method="POST")

    with pytest.raises(NotAllowed, match="Prove it again") as caught:
        await api.download("/thing", {}, lambda _: None, timeout_s=5)

    assert caught.value.needs_elevation


def test_a_lease_does_not_show_its_token():
    assert "secret" not in repr(Lease("http://x", "secret", NOW, "ana"))


@pytest.mark.parametrize(
    ("url", "loads"), [("http://127.0.0.1:8000", 0), ("https://box.example.org", 1)]
)
async def test_certificates_are_loaded_for_tls_only(monkeypatch, url, loads):
    made = Mock(wraps=httpx2.create_ssl_context)
    monkeypatch.setattr(httpx2, "create_ssl_context", made)

    api = AdminApi(Lease(url, "secret-token", NOW + timedelta(hours=1), "ana"))
    await api.close()

    assert made.call_count == loads


async def test_a_line_without_tls_believes_no_certificate(monkeypatch):
    made = Mock(wraps=httpx2.AsyncClient)
    monkeypatch.setattr(httpx2, "AsyncClient", made)

    api = AdminApi(Lease("http://127.0.0.1:8000", "token", NOW + timedelta(hours=1), "ana"))
    await api.close()

    believed = made.call_args.kwargs["verify"]
    assert believed.verify_mode is ssl.CERT_REQUIRED
    assert believed.get_ca_certs() == []
