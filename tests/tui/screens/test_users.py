from datetime import timedelta
from uuid import UUID

import pytest

from server.admin.schemas_silence import SilenceOut, SilenceReasonOut
from server.admin.schemas_users import ActOut, AdminUserDetailOut, AdminUserOut, AdminUserPage
from tests.tui.fake_server import Asked, FakeServer, Reply, problem
from tests.tui.pilot import NOW, running, screen_text, settle
from tui.screens.detail import DetailScreen

ESCAPE = "\x1b]0;owned\x07"
ARCHIVE = b"PK\x05\x06" + bytes(18)


def values(number: int) -> dict[str, object]:
    return {
        "id": UUID(int=number),
        "household_id": UUID(int=99),
        "email": f"user{number}@example.org",
        "name": f"Ana {number}{ESCAPE if number == 1 else ''}",
        "server_role": "admin" if number == 2 else "member",
        "household_role": "owner",
        "zone": "Europe/Berlin",
        "language": "en",
        "is_test_user": False,
        "created_at": NOW - timedelta(days=number),
        "state": "disabled" if number == 3 else "active",
        "disabled_at": None,
        "erased_from": None,
        "has_mfa": number == 1,
        "last_seen_at": NOW - timedelta(hours=1),
        "sessions": 2,
    }


def detail() -> AdminUserDetailOut:
    more = {
        "household_name": "The Anas",
        "housemates": 1,
        "last_sign_in_at": NOW,
        "password_changed_at": NOW,
        "recovery_codes_left": 8,
        "api_tokens": 1,
        "open_invitations": 0,
        "channels": [
            {"channel": "sms", "is_wanted": True, "is_verified": True, "stopped_at": NOW},
        ],
        "rows": {"contacts": 12},
    }
    return AdminUserDetailOut.model_validate(values(1) | more)


def device() -> dict[str, object]:
    return {
        "id": str(UUID(int=7)),
        "user_agent": f"Firefox{ESCAPE}",
        "address": "192.0.2.7",
        "created_at": NOW.isoformat(),
        "last_used_at": NOW.isoformat(),
        "expires_at": NOW.isoformat(),
        "has_mfa": True,
        "is_console": False,
    }


def preview(asked: Asked) -> dict[str, object]:
    act = asked.query["act"]
    is_refused = act == "role"
    return {
        "act": act,
        "user_id": str(UUID(int=1)),
        "email": "user1@example.org",
        "code": "last_admin" if is_refused else None,
        "sentence": "They are the only admin." if is_refused else f"This would {act}.",
        "touches": {"sessions_ended": 2},
    }


def done(asked: Asked) -> ActOut:
    del asked
    user = AdminUserOut.model_validate(values(1))
    return ActOut(act="disable", user=user, touched={"sessions_ended": 2})


def reset(asked: Asked) -> dict[str, object]:
    by = asked.body["by"]
    link = "https://catchup.example.org/reset#once" if by == "link" else None
    until = NOW + timedelta(hours=1)
    return {"user_id": str(UUID(int=1)), "by": by, "link": link, "expires_at": until.isoformat()}


def serve(server: FakeServer) -> None:
    users = [AdminUserOut.model_validate(values(number)) for number in (1, 2, 3)]
    reason = SilenceReasonOut(
        code="stopped", detail=None, sentence="They said STOP.", at=None, channel="sms",
        message_id=None,
    )  # fmt: skip
    server.on("/users", AdminUserPage(items=users, next_cursor=None))
    server.on("/users/*", detail())
    server.on("/users/*/sessions", {"items": [device()], "next_cursor": None})
    server.on("/users/*/why-silent", SilenceOut(user_id=UUID(int=1), reasons=[reason]))
    server.on("/users/*/preview", preview)
    for act in ("disable", "enable", "role", "reset-mfa", "erase", "restore"):
        server.on(f"/users/*/{act}", done, method="POST")
    server.on("/users/*/reset-password", reset, method="POST")
    server.on("/users/*/sessions", done, method="DELETE")
    server.on("/users/*/sessions/*", done, method="DELETE")
    server.on("/users/*/export", Reply(body=ARCHIVE), method="POST")
    invitation = {"token": "invite-once", "expires_at": (NOW + timedelta(days=7)).isoformat()}
    server.on("/invitations", lambda _: invitation, method="POST")


@pytest.fixture
def users(server: FakeServer) -> FakeServer:
    serve(server)
    return server


async def acted(pilot, name: str) -> None:
    pilot.app.screen.action_act(name)
    await pilot.pause(0.1)
    await settle(pilot)


async def test_users_are_listed_and_escapes_are_shown(users):
    async with running(users, section="users", size=(160, 45)) as pilot:
        text = screen_text(pilot)
        assert "user1@example.org" in text
        assert "▲ disabled" in text
        assert "\x1b" not in text


async def test_filter_and_order_go_to_the_server(users):
    async with running(users, section="users") as pilot:
        await pilot.press("slash", *"role:admin ana", "enter")
        await settle(pilot)
        await pilot.press("o")
        await settle(pilot)

        query = users.asked[-1].query
        assert (query["role"], query["q"], query["sort"]) == ("admin", "ana", "email")


async def test_the_detail_shows_devices_and_why_nothing_came(users):
    async with running(users, section="users", size=(120, 60)) as pilot:
        await pilot.press("enter")
        await settle(pilot)

        text = screen_text(pilot)
        assert "192.0.2.7" in text
        assert "They said STOP." in text
        assert "\x1b" not in text


async def test_privacy_mode_hides_names_and_addresses(users):
    async with running(users, section="users", size=(120, 60)) as pilot:
        await pilot.press("P")
        await settle(pilot)
        assert "example.org" not in screen_text(pilot)

        await pilot.press("enter")
        await settle(pilot)
        for private in ("example.org", "Ana", "192.0.2.7"):
            assert private not in screen_text(pilot)

        await acted(pilot, "erase-hand_over")
        await acted(pilot, "disable")
        assert "example.org" not in screen_text(pilot)
        assert not users.writes


async def test_what_is_hidden_is_not_copied(users, monkeypatch):
    async with running(users, section="users", size=(120, 60)) as pilot:
        copied: list[str] = []
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        await pilot.press("P", "enter")
        await settle(pilot)
        hidden = await _go_to_what_is_hidden(pilot)
        await pilot.press("y")
        assert copied == []

        await pilot.press("P", "y")
        assert copied == [hidden]


async def test_an_export_says_that_hidden_names_are_in_it(users, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    async with running(users, section="users") as pilot:
        said: list[str] = []
        monkeypatch.setattr(
            type(pilot.app.screen), "notify", lambda _, text, **__: said.append(text)
        )
        await pilot.press("P", "e")
        await pilot.app.workers.wait_for_complete()

    assert "Names are in it" in said[-1]


async def _go_to_what_is_hidden(pilot) -> str:
    """Move the cursor of a detail to the first fact that is hidden; return what it holds."""
    view = pilot.app.screen.view
    for _ in range(40):
        if view.fact is not None and view.fact.is_private and view.fact.value:
            return str(view.fact.value)
        await pilot.press("down")
    raise AssertionError("nothing is hidden")


async def test_disabling_is_previewed_and_done(users):
    async with running(users, section="users") as pilot:
        await pilot.press("ctrl+d")
        await pilot.pause(0.1)
        await settle(pilot)
        assert "This would disable." in screen_text(pilot)
        assert not users.writes

        await pilot.press("shift+tab", *"user1@example.org", "enter", "enter")
        await pilot.pause(0.1)
        await settle(pilot)
        assert [one.path.rpartition("/")[2] for one in users.writes] == ["disable"]


async def test_erasing_wants_the_address_typed(users):
    async with running(users, section="users") as pilot:
        await acted(pilot, "erase-hand_over")
        await pilot.press("shift+tab", "x", "enter")
        await settle(pilot)
        assert not users.writes

        await pilot.press("backspace", *"user1@example.org", "enter", "enter")
        await pilot.pause(0.1)
        await settle(pilot)
        body = {"confirm": "user1@example.org", "shared": "hand_over"}
        assert [one.body for one in users.writes] == [body]


async def test_what_would_be_refused_is_not_asked(users):
    async with running(users, section="users") as pilot:
        await acted(pilot, "role")

        assert "only admin" in screen_text(pilot)
        assert not users.writes


async def test_a_link_is_shown_until_one_leaves(users):
    async with running(users, section="users") as pilot:
        await acted(pilot, "reset-password-link")
        await pilot.press("tab", "enter")
        await pilot.pause(0.1)
        await settle(pilot)

        assert "reset#once" in screen_text(pilot)


async def test_an_invitation_is_shown_until_one_leaves(users):
    async with running(users, section="users") as pilot:
        await acted(pilot, "invite")
        await pilot.press(*"ben@example.org", "enter")
        await pilot.pause(0.1)
        await settle(pilot)

        assert users.writes[0].body == {"email": "ben@example.org"}
        assert "invite-once" in screen_text(pilot)


async def test_the_detail_says_all_that_hangs_on_a_user(users):
    async with running(users, section="users", size=(120, 70)) as pilot:
        await pilot.press("enter")
        await settle(pilot)

        text = screen_text(pilot)
        for fact in (
            "member, owner of the household",
            "The Anas",
            "Europe/Berlin, en",
            "Devices (2)",
            "wanted, verified, STOP 2026-03-02",
            "contacts",
        ):
            assert fact in text, fact
        assert "recovery codes" in text


async def test_the_acts_are_offered_in_the_detail_too(users):
    async with running(users, section="users", size=(120, 40)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, DetailScreen)
        names = [act.name for act in screen.acts()]
        assert {"end-session", "end-sessions", "export"} <= set(names)

        await acted(pilot, "end-session")
        await pilot.press("enter")
        await pilot.press("tab", "enter")
        await pilot.pause(0.1)
        await settle(pilot)
        assert [one.method for one in users.writes] == ["DELETE"]


async def test_a_user_who_has_gone_is_said_in_the_detail(users):
    async with running(users, section="users", size=(120, 40)) as pilot:
        users.on("/users/*", problem(404, "not_found", "There is no such user."))
        await pilot.press("enter")
        await settle(pilot)

        assert "There is no such user." in screen_text(pilot)
