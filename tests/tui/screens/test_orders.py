"""`o` and `O`: each list in the orders that it has."""

import pytest

from tests.tui import everything
from tests.tui.fake_server import FakeServer
from tests.tui.pilot import WIDE, running, screen_text, settle


@pytest.fixture
def whole(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    everything.serve(server)
    return server


def last_sort(server: FakeServer, section: str) -> str | None:
    path = "/api/admin/jobs" if section == "queues" else f"/api/admin/{section}"
    return [one.query for one in server.asked if one.path == path][-1].get("sort")


@pytest.mark.parametrize(
    ("section", "keys", "sort"),
    [
        ("queues", "o", "newest"),
        ("queues", "O", "oldest"),
        ("queues", "oo", "function"),
        ("queues", "ooo", "error"),
        ("queues", "oooo", "newest"),
        ("messages", "O", "oldest"),
        ("messages", "OO", "newest"),
        ("audit", "O", "oldest"),
        ("keys", "o", "oldest"),
        ("keys", "O", "newest"),
        ("users", "o", "email"),
        ("users", "O", "oldest"),
        ("users", "ooo", "newest"),
    ],
)
async def test_an_order_goes_to_the_server(whole, section, keys, sort):
    async with running(whole, section=section) as pilot:
        for key in keys:
            await pilot.press(key)
            await settle(pilot)

        assert last_sort(whole, section) == sort


async def test_the_usual_order_is_the_servers(whole):
    async with running(whole, section="messages"):
        assert last_sort(whole, "messages") is None


async def test_jobs_in_the_queue_turn_round_from_the_order_in_which_they_will_run(whole):
    async with running(whole, section="queues") as pilot:
        await pilot.press("right", "O")
        await settle(pilot)

        assert last_sort(whole, "queues") == "newest"


async def test_an_order_that_the_next_state_does_not_have_is_let_go(whole):
    async with running(whole, section="queues") as pilot:
        await pilot.press("o", "o", "right")
        await settle(pilot)

        assert last_sort(whole, "queues") is None
        assert "Function↑" not in screen_text(pilot)


@pytest.mark.parametrize(("section", "keys"), [("users", "oO"), ("queues", "ooO")])
async def test_what_goes_one_way_says_so(whole, section, keys):
    async with running(whole, section=section) as pilot:
        await pilot.press(*keys)
        await settle(pilot)

        assert "order one way" in screen_text(pilot)


@pytest.mark.parametrize("section", ["settings", "integrations"])
async def test_what_comes_whole_is_ordered_here(whole, section):
    async with running(whole, size=WIDE, section=section) as pilot:

        async def first_row(*keys: str) -> str:
            await pilot.press(*keys)
            await settle(pilot)
            return screen_text(pilot).splitlines()[4]

        ascending, descending = await first_row("o"), await first_row("O")

        assert ascending != descending
        assert await first_row("O") == ascending


async def test_services_are_found_by_words(whole):
    async with running(whole, size=WIDE, section="integrations") as pilot:
        await pilot.press("slash", *"sms", "enter")
        await settle(pilot)

        assert "Integrations  1 " in screen_text(pilot)
