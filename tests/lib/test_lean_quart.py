"""Our Quart, which must answer as Quart does."""

import threading

import pytest
from quart import Blueprint, Quart, Request, request, session

from server.lib.lean_quart import LeanQuart, LeanRequest


def made(app_class, request_class):
    app = app_class("test")
    app.request_class = request_class
    inner, outer = Blueprint("inner", __name__), Blueprint("outer", __name__)

    @inner.get("/things/<int:number>/<word>")
    async def thing(number, word):
        return [number, word, *request.blueprints, request.args.get("q", "")]

    outer.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")

    @app.post("/alone")
    async def alone():
        return request.blueprints

    return app


@pytest.fixture
def app():
    return made(LeanQuart, LeanRequest)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/outer/inner/things/7/caf%C3%A9?q=%C3%A9"),
        ("GET", "/outer/inner/things/x/y"),
        ("POST", "/alone"),
        ("DELETE", "/alone"),
        ("GET", "/nowhere"),
    ],
)
async def test_an_address_leads_where_quart_leads(app, method, path):
    plain = made(Quart, Request)

    ours, theirs = [
        await each.test_client().open(path, method=method, headers={"Host": "box.example:8080"})
        for each in (app, plain)
    ]

    assert ours.status_code == theirs.status_code
    assert await ours.get_data() == await theirs.get_data()
    assert ours.headers.get("Allow") == theirs.headers.get("Allow")


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "[::1]:80", "exa mple", ""])
async def test_no_host_name_is_too_strange(app, host):
    reply = await app.test_client().post("/alone", headers={"Host": host})

    assert (reply.status_code, await reply.get_json()) == (200, [])


async def test_a_function_that_may_block_runs_in_a_thread_of_its_own(app):
    names = []

    @app.get("/slow")
    def slow():
        names.append(threading.current_thread().name)
        return "done"

    await app.test_client().get("/slow")

    assert names != [threading.main_thread().name]


async def test_nothing_can_be_kept_in_a_session(app):
    @app.get("/keep")
    async def keep():
        session["a"] = 1
        return ""

    reply = await app.test_client().get("/keep")

    assert (reply.status_code, "Set-Cookie" in reply.headers) == (500, False)
