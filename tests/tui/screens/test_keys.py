from datetime import timedelta
from uuid import UUID

import pytest

from server.admin.schemas_keys import KeyOut, KeyPage, RotationOut, RotationPage
from tests.tui.fake_server import Asked, FakeServer
from tests.tui.pilot import NOW, running, screen_text, settle, until


def key(number: int, purpose: str, state: str = "active") -> KeyOut:
    return KeyOut.model_validate(
        {
            "id": UUID(int=number),
            "purpose": purpose,
            "household_id": UUID(int=1) if purpose == "data" else None,
            "data_class": "notes" if purpose == "data" else None,
            "key_version": number,
            "state": state,
            "created_at": NOW - timedelta(days=number),
            "retiring_at": None,
            "needed_until": None,
            "retired_at": None,
            "is_archived": False,
        }
    )


def rotation(state: str = "rewriting", share: float = 0.42) -> RotationOut:
    return RotationOut.model_validate(
        {
            "id": UUID(int=9),
            "purpose": "jwt",
            "household_id": None,
            "data_class": None,
            "state": state,
            "values_done": int(100 * share),
            "values_total": 100,
            "share": share,
            "unreadable": 0,
            "started_at": NOW - timedelta(minutes=3),
            "finished_at": None,
        }
    )


KEYS = [key(1, "jwt"), key(2, "data", "retiring"), key(3, "master"), key(4, "jwt", "revoked")]


def listed(asked: Asked) -> KeyPage:
    fits = [
        one
        for one in KEYS
        if asked.query.get("purpose") in (None, one.purpose)
        and asked.query.get("state") in (None, one.state)
    ]
    return KeyPage(items=fits, next_cursor=None)


def serve(server: FakeServer) -> None:
    server.on("/keys", listed)
    server.on("/keys/rotations", RotationPage(items=[rotation()], next_cursor=None))
    server.on("/keys/rotations", rotation(), method="POST")
    server.on("/keys/*/retire", key(2, "data", "retired"), method="POST")
    server.on("/keys/*/revoke", key(1, "jwt", "revoked"), method="POST")


@pytest.fixture
def ring(server: FakeServer) -> FakeServer:
    serve(server)
    return server


async def test_the_ring_and_what_is_being_rotated_are_shown(ring):
    async with running(ring, section="keys") as pilot:
        assert "● active" in screen_text(pilot)
        assert "jwt 42% rewriting" in screen_text(pilot)


async def test_a_rotation_wants_its_purpose_typed_and_is_watched_until_one_leaves(ring):
    async with running(ring, section="keys") as pilot:
        await pilot.press("ctrl+t")
        await settle(pilot)
        assert "To go on, type: jwt" in screen_text(pilot)
        assert not ring.writes

        await pilot.press("tab", *"jwt", "enter", "enter")
        await until(pilot, lambda: "42 of 100 values" in screen_text(pilot))
        assert [one.body for one in ring.writes] == [{"purpose": "jwt"}]

        await pilot.press("escape")
        await settle(pilot)
        assert "jwt 42% rewriting" in screen_text(pilot)

        await pilot.press("w")
        await until(pilot, lambda: "42 of 100 values" in screen_text(pilot))


async def test_the_master_key_is_named_as_a_command(ring):
    async with running(ring, section="keys") as pilot:
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert "catchup keys rotate master" in screen_text(pilot)


@pytest.mark.parametrize(("downs", "act"), [(0, "revoke"), (1, "retire")])
async def test_a_key_is_ended_only_by_its_name_typed(ring, downs, act):
    async with running(ring, section="keys") as pilot:
        await pilot.press(*["down"] * downs)
        await pilot.app.screen.run_action(f"act('{act}')")
        await settle(pilot)
        await until(pilot, lambda: "To go on, type:" in screen_text(pilot))
        assert not ring.writes

        await pilot.press("tab", *("data 2" if downs else "jwt 1"), "enter", "enter")
        await until(pilot, lambda: bool(ring.writes))
        assert ring.writes[0].path.endswith(act)
