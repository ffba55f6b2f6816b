"""Every key of every screen: what destroys is never on a plain letter."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from tests.tui import everything
from tests.tui.fake_server import FakeServer
from tests.tui.pilot import running, settle
from tui.screens.frame import AdminScreen
from tui.sections import SECTIONS

LEAVING = {"q", *(section.key for section in SECTIONS)}
# A screen, and the keys that lead on to a view of its own.
PLACES = [*(section.name for section in SECTIONS), "queues s"]


@pytest.fixture
def whole(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    everything.serve(server)
    return server


@asynccontextmanager
async def at(server: FakeServer, place: str) -> AsyncIterator[Pilot[None]]:
    name, *_ = place.split()
    async with running(server, section=name) as pilot:
        await lead_on(pilot, place)
        yield pilot


async def lead_on(pilot: Pilot[None], place: str) -> None:
    await pilot.press(*place.split()[1:])
    await settle(pilot)


@pytest.mark.parametrize("place", PLACES)
async def test_no_plain_key_changes_anything_although_one_may_act(whole, place):
    async with at(whole, place) as pilot:
        await pilot.press("ctrl+e")
        await settle(pilot)
        here = type(pilot.app.screen)
        bound = pilot.app.screen.active_bindings.values()
        for key in sorted({one.binding.key for one in bound if _is_plain(one.binding)} - LEAVING):
            await pilot.press(key)
            await settle(pilot)
            # What opened is left again; what it asks has not been answered.
            for _ in range(3):
                if not isinstance(pilot.app.screen, AdminScreen):
                    await pilot.press("escape")
                    await settle(pilot)
            await pilot.press("escape")
            await settle(pilot)
            assert whole.writes == [], key
            if type(pilot.app.screen) is not here:
                await lead_on(pilot, place)


@pytest.mark.parametrize("place", PLACES)
async def test_no_binding_of_a_plain_letter_leads_to_an_act_that_destroys(whole, place):
    async with at(whole, place) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, AdminScreen)
        destroys = {f"act('{act.name}')" for act in screen.acts() if act.destroys}
        bindings = [active.binding for active in screen.active_bindings.values()]

        assert not [b.key for b in bindings if b.action in destroys and _is_plain(b)]


@pytest.mark.parametrize("place", PLACES)
async def test_every_binding_leads_to_an_action_and_says_what_it_does(whole, place):
    async with at(whole, place) as pilot:
        for active in pilot.app.screen.active_bindings.values():
            action = active.binding.action.split("(")[0].rpartition(".")[2]
            owners = [active.node, pilot.app.screen, pilot.app]
            assert any(hasattr(owner, f"action_{action}") for owner in owners), active.binding
            assert active.binding.description, active.binding


@pytest.mark.parametrize("place", PLACES)
async def test_every_act_is_in_the_palette(whole, place):
    async with at(whole, place) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, AdminScreen)
        offered = {command.title for command in pilot.app.get_system_commands(screen)}

        assert {act.title for act in screen.acts()} <= offered


def _is_plain(binding: Binding) -> bool:
    return "ctrl+" not in binding.key and not binding.key.startswith("f")
