"""Keys that arrive all at once, as over a slow line."""

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Paste
from textual.message import Message
from textual.pilot import Pilot

from tests.tui import everything
from tests.tui.fake_server import FakeServer
from tests.tui.pilot import running, screen_text, settle, until


@pytest.fixture
def whole(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    everything.serve(server)
    return server


def arrive(pilot: Pilot[None], *messages: Message) -> None:
    for message in messages:
        message.set_sender(pilot.app)
        pilot.app.post_message(message)


def keys(text: str) -> list[Message]:
    return list(XTermParser().feed(text))


async def test_a_jump_typed_in_one_go_gets_every_letter(whole):
    async with running(whole) as pilot:
        arrive(pilot, *keys(":messages state:failed\r"))

        await until(pilot, lambda: pilot.app.current_mode == "messages")
        await until(pilot, lambda: whole.asked[-1].query.get("state") == "failed")


async def test_no_letter_of_a_jump_is_a_command(whole):
    async with running(whole) as pilot:
        arrive(pilot, *keys(":queues"))

        await until(pilot, lambda: "queues" in screen_text(pilot))
        assert pilot.app.is_running


async def test_a_filter_typed_in_one_go_gets_every_letter(whole, tmp_path):
    async with running(whole, section="keys") as pilot:
        arrive(pilot, *keys("/purpose:data\r"))

        await until(pilot, lambda: whole.asked[-1].query.get("purpose") == "data")
        await settle(pilot)
        assert "paused" not in screen_text(pilot)
        assert not list(tmp_path.glob("catchup-*"))


async def test_a_digit_and_a_filter_in_one_go_meet_the_new_screen(whole):
    async with running(whole) as pilot:
        arrive(pilot, *keys("5/purpose:data\r"))

        await until(pilot, lambda: whole.asked[-1].query.get("purpose") == "data")


async def test_what_is_pasted_goes_where_the_key_before_it_leads(whole):
    async with running(whole) as pilot:
        arrive(pilot, *keys(":"), Paste("messages"), *keys("\r"))

        await until(pilot, lambda: pilot.app.current_mode == "messages")
