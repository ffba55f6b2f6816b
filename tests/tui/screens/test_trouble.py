"""What went wrong is said in a sentence with the way on, on a list as on the overview."""

from datetime import timedelta

import httpx2
import pytest

from tests.tui import everything
from tests.tui.fake_server import FakeServer, Reply, problem
from tests.tui.pilot import NOW, SMALL, WIDE, Clock, running, screen_text, session_of, settle
from tui import api

# Where it happens, what is refused there, and a value that stays.
PLACES = [("overview", "/overview", "PostgreSQL 15.18"), ("users", "/users", "user2@example.org")]
SAID = "A sentence of the server."
REFUSALS = [
    (401, "unauthorized", "Sign in again with Ctrl+L."),
    (403, "permission_missing", "Press Ctrl+E to elevate."),
    (409, "changed", "Press r and look again."),
    (422, "invalid", "Correct it."),
    (429, "rate_limited", "It is tried again in 5 s."),
    (500, "internal", "Screen Logs says more"),
    (503, "unavailable", "It is tried again in 5 s."),
]


@pytest.fixture
def whole(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    everything.serve(server)
    return server


async def refresh(pilot, *keys: str) -> str:
    await pilot.press(*keys or ("r",))
    await settle(pilot)
    return screen_text(pilot)


@pytest.mark.parametrize(("section", "path", "value"), PLACES)
@pytest.mark.parametrize(("status", "code", "way_on"), REFUSALS)
async def test_a_refusal_is_said_with_the_way_on_and_values_stay_with_their_age(
    whole, section, path, value, status, code, way_on
):
    clock = Clock()
    session = session_of(whole.url, clock)
    async with running(whole, size=WIDE, section=section, session=session) as pilot:
        whole.on(path, problem(status, code, SAID))
        clock.now = NOW + timedelta(minutes=3)
        text = await refresh(pilot)

        assert f"✗ {SAID}" in text
        assert f"→ {way_on}" in text
        assert "values 3 min old" in text
        assert value in text


@pytest.mark.parametrize(("section", "path", "value"), PLACES)
async def test_a_line_that_is_cut_is_said_and_its_end_too(whole, section, path, value):
    async with running(whole, size=WIDE, section=section) as pilot:
        whole.hidden = Reply(body={"x": "y" * 99}, cut=True)
        text = await refresh(pilot)
        assert "✗ The line was cut before the answer was complete." in text
        assert "→ It is tried again by itself" in text

        whole.hidden = None
        text = await refresh(pilot)
        assert "● live" in text
        assert value in text
        assert "The line was cut" not in text


@pytest.mark.parametrize(("section", "path", "value"), PLACES)
async def test_a_server_that_takes_too_long_is_said(whole, monkeypatch, section, path, value):
    monkeypatch.setattr(api, "TIMEOUT", httpx2.Timeout(0.5, connect=5))
    async with running(whole, size=WIDE, section=section) as pilot:
        whole.hidden = Reply(body={}, delay_s=3)
        text = await refresh(pilot)

        assert "✗ The server took too long to answer." in text
        assert "→ It is tried again by itself" in text


async def test_it_is_said_once_and_no_message_pops_up(whole):
    async with running(whole, size=WIDE, section="users") as pilot:
        whole.on("/users", problem(500, "internal", SAID))
        for _ in range(3):
            text = await refresh(pilot)

        assert text.count(SAID) == 1
        assert not pilot.app._notifications


async def test_a_refused_filter_says_which_field_and_why_and_leaves_the_rows(whole):
    users = whole.routes["GET", "/api/admin/users"]
    body = {
        "title": "Bad input",
        "status": 422,
        "code": "bad_input",
        "detail": "The request is not valid.",
        "errors": [{"field": "q", "code": "too_long", "message": "at most 100 letters"}],
    }
    whole.on("/users", lambda one: Reply(422, body) if "q" in one.query else users(one))
    async with running(whole, size=SMALL, section="users") as pilot:
        text = await refresh(pilot, "slash", *"toolong", "enter")

        assert "✗ The request is not valid. q: at most 100 letters." in text
        assert "→ Correct the filter with /, or take it away with Esc." in text
        assert "/ toolong  rows of before" in text
        assert "user2@example.org" in text

        text = await refresh(pilot, "escape")
        assert "● live" in text
        assert "rows of before" not in text


async def test_what_the_server_says_of_an_error_cannot_write_to_the_terminal(whole):
    async with running(whole, size=WIDE, section="users") as pilot:
        whole.on("/users", problem(500, "internal", "Bad \x1b]0;owned\x07 [bold]x[/bold]"))
        text = await refresh(pilot)

        assert "Bad ␛]0;owned␇ [bold]x[/bold]" in text


async def test_a_long_sentence_is_wrapped_and_cut_after_three_lines(whole):
    async with running(whole, size=SMALL, section="users") as pilot:
        whole.on("/users", problem(500, "internal", "word " * 100))
        lines = (await refresh(pilot)).splitlines()

        assert lines[2].startswith(" ✗ word word")
        assert lines[4].rstrip().endswith("…")
        assert lines[5].startswith(" → Screen Logs")
