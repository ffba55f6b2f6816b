from uuid import UUID

import pytest

from tests.tui.fake_server import FakeServer, Reply, problem
from tests.tui.pilot import running, screen_text, settle, until
from tests.tui.screens.test_users import ARCHIVE, acted, serve

EXPORTED = "catchup-export-20260302-090000.zip"


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def users(server: FakeServer) -> FakeServer:
    serve(server)
    return server


async def confirmed(pilot, typed: str) -> None:
    """Type what is asked for, and go on."""
    await pilot.press("shift+tab", *typed, "enter", "enter")
    await pilot.pause(0.1)
    await settle(pilot)


async def test_one_session_is_chosen_shown_and_ended(users):
    async with running(users, section="users", size=(120, 40)) as pilot:
        await acted(pilot, "end-session")
        assert "just now  Firefox" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)

        await pilot.press("enter")
        await settle(pilot)
        text = screen_text(pilot)
        assert "from 192.0.2.7" in text
        assert "1 session ends" in text
        assert not users.writes

        await pilot.press("tab", "enter")
        await pilot.pause(0.1)
        await settle(pilot)
        (ended,) = users.writes
        assert ended.method == "DELETE"
        assert ended.path.endswith(f"/users/{UUID(int=1)}/sessions/{UUID(int=7)}")


async def test_leaving_the_choice_of_a_session_ends_none(users):
    async with running(users, section="users") as pilot:
        await acted(pilot, "end-session")
        await pilot.press("escape")
        await settle(pilot)

        assert not users.writes


async def test_who_is_signed_in_nowhere_has_no_session_to_end(users):
    users.on("/users/*/sessions", {"items": [], "next_cursor": None})
    async with running(users, section="users") as pilot:
        await acted(pilot, "end-session")

        assert "signed in on no device" in screen_text(pilot)


async def test_privacy_mode_hides_where_a_session_is(users):
    async with running(users, section="users", size=(120, 40)) as pilot:
        await pilot.press("P")
        await acted(pilot, "end-session")
        await pilot.press("enter")
        await settle(pilot)

        text = screen_text(pilot)
        assert "1 session ends" in text
        assert "192.0.2.7" not in text
        assert "example.org" not in text


async def test_an_export_wants_the_address_typed_and_is_a_file_of_ones_own(users, home):
    async with running(users, section="users", size=(120, 40)) as pilot:
        await acted(pilot, "export")
        await confirmed(pilot, "user2@example.org")
        assert not users.writes

        await pilot.press("escape")
        await acted(pilot, "export")
        await confirmed(pilot, "user1@example.org")

        await until(pilot, lambda: "Saved to" in screen_text(pilot))
        (asked,) = users.writes
        assert asked.body == {"confirm": "user1@example.org", "format": "zip"}
        assert (home / EXPORTED).read_bytes() == ARCHIVE
        assert (home / EXPORTED).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(body=ARCHIVE, cut=True), "line was cut"),
        (problem(404, "not_found", "There is no such user."), "no such user"),
    ],
)
async def test_an_export_that_fails_is_said_and_leaves_no_file(users, home, reply, said):
    users.on("/users/*/export", reply, method="POST")
    async with running(users, section="users", size=(120, 40)) as pilot:
        await acted(pilot, "export")
        await confirmed(pilot, "user1@example.org")

        await until(pilot, lambda: said in screen_text(pilot))
        assert not list(home.iterdir())


async def test_an_export_that_cannot_be_written_is_said(users, home):
    home.rmdir()
    async with running(users, section="users", size=(120, 40)) as pilot:
        await acted(pilot, "export")
        await confirmed(pilot, "user1@example.org")

        await until(pilot, lambda: "Not written" in screen_text(pilot))
        assert not users.writes
