import base64
import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from tests.tui import everything, snapshots
from tests.tui.fake_server import FakeServer
from tests.tui.pilot import (
    NOW,
    SMALL,
    WIDE,
    Clock,
    FakeAccess,
    running,
    screen_text,
    session_of,
    settle,
)
from tui.connect.access import Question
from tui.screens import chrome
from tui.screens.frame import AdminScreen
from tui.screens.settings import SettingsScreen
from tui.sections import SECTIONS
from tui.theme import PLAIN, theme_for


@pytest.fixture
def whole(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    everything.serve(server)
    return server


async def test_digits_lead_to_screens(whole):
    async with running(whole) as pilot:
        await pilot.press("3")
        await settle(pilot)

        assert pilot.app.current_mode == "messages"


async def test_a_jump_goes_to_a_screen_and_filters_it(whole):
    async with running(whole) as pilot:
        await pilot.press("colon", *"mess state:failed", "enter")
        await settle(pilot)

        assert whole.asked[-1].query["state"] == "failed"


async def test_help_is_made_of_the_live_bindings(whole):
    async with running(whole, size=WIDE, section="messages") as pilot:
        await pilot.press("question_mark")
        await settle(pilot)

        assert "Send again" in screen_text(pilot)
        assert "Hide names" in screen_text(pilot)


async def test_reading_is_all_one_may_do_at_first(whole):
    async with running(whole) as pilot:
        assert "read-only" in screen_text(pilot)


async def test_the_right_to_act_shows_its_end_and_ends(whole):
    clock = Clock()
    async with running(whole, session=session_of(whole.url, clock)) as pilot:
        await pilot.press("ctrl+e")
        await settle(pilot)
        assert "may act, 10 min left" in screen_text(pilot)

        clock.now = NOW + timedelta(minutes=10)
        await pilot.press("r")
        await settle(pilot)
        assert "read-only" in screen_text(pilot)


async def test_who_does_not_elevate_does_not_act(whole):
    session = session_of(whole.url)
    assert isinstance(session.access, FakeAccess)
    session.access.refuses = True
    async with running(whole, section="messages", session=session) as pilot:
        await pilot.press("ctrl+t")
        await settle(pilot)

        assert whole.writes == []
        assert "handed to the provider" not in screen_text(pilot)


async def test_pausing_stops_looking(whole):
    async with running(whole) as pilot:
        await pilot.press("p")
        await settle(pilot)

        assert "‖ paused" in screen_text(pilot)
        assert isinstance(pilot.app.screen, AdminScreen)
        assert pilot.app.screen._timer is None


async def test_what_is_opened_while_the_app_ends_breaks_nothing(whole):
    async with running(whole, section="settings") as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, SettingsScreen)
        pilot.app.exit()
        screen.action_upgrade()


async def test_the_rate_is_changed_in_steps(whole):
    async with running(whole) as pilot:
        await pilot.press("plus")
        await settle(pilot)

        assert "every 30 s" in screen_text(pilot)


async def test_y_copies_through_the_terminal(whole, monkeypatch):
    written: list[str] = []
    async with running(whole, section="messages") as pilot:
        monkeypatch.setattr(pilot.app._driver, "write", written.append)
        await pilot.press("y")
        await settle(pilot)

    code = base64.b64encode(b"00000000-0000-0000-0000-000000000000").decode()
    assert any(f"]52;c;{code}" in text for text in written)


async def test_what_is_too_long_to_copy_goes_to_a_file(whole, tmp_path):
    async with running(whole) as pilot:
        pilot.app.copy_to_clipboard("x" * 70_000)
        await settle(pilot)

    (path,) = tmp_path.glob("catchup-copied-*.txt")
    assert path.stat().st_size == 70_000


async def test_e_writes_what_is_shown_as_json(whole, tmp_path):
    async with running(whole) as pilot:
        await pilot.press("e")
        await settle(pilot)

    (path,) = tmp_path.glob("catchup-overview-*.json")
    assert json.loads(path.read_text())["overview"]["version"] == "0.1.0"


async def test_a_picture_is_written_as_svg(whole, tmp_path):
    async with running(whole) as pilot:
        await pilot.press("S")
        await settle(pilot)

    (path,) = tmp_path.glob("catchup-picture-*.svg")
    assert path.read_text().startswith("<svg")


async def test_privacy_hides_the_name_of_the_box(whole):
    async with running(whole) as pilot:
        assert "home" in screen_text(pilot).splitlines()[0]

        await pilot.press("P")
        await settle(pilot)

        assert "home" not in screen_text(pilot).splitlines()[0]
        assert "names hidden" in screen_text(pilot)


async def test_the_same_values_again_write_nothing(whole, monkeypatch):
    written: list[object] = []
    async with running(whole, section="messages") as pilot:
        await settle(pilot)
        monkeypatch.setattr(
            pilot.app, "_display", lambda _, what: written.append(what) if what else None
        )
        await pilot.press("r")
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)

    # None is how Textual says that there is nothing to write.
    assert [what for what in written if what is not None] == []


@pytest.mark.parametrize(
    ("color_system", "no_color", "is_plain"),
    [
        ("truecolor", False, False),
        ("256", False, False),
        ("standard", False, True),
        ("256", True, True),
    ],
)
def test_a_terminal_of_few_colours_keeps_its_own(color_system, no_color, is_plain):
    assert (theme_for(color_system, no_color=no_color) == PLAIN.name) is is_plain


@pytest.mark.parametrize("section", [one.name for one in SECTIONS])
@pytest.mark.parametrize(
    ("look", "size", "theme"),
    [
        ("small", SMALL, "catchup"),
        ("wide", WIDE, "catchup"),
        ("light", SMALL, "catchup-light"),
        ("plain", SMALL, "catchup-plain"),
    ],
)
async def test_pictures_are_as_they_were(whole, section, look, size, theme):
    async with running(whole, size=size, section=section, theme=theme) as pilot:
        assert snapshots.same_as_kept(pilot, f"{section}-{look}")


@pytest.mark.parametrize("section", ["messages", "queues"])
async def test_without_colour_nothing_is_written_in_colour(whole, monkeypatch, section):
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(whole, size=SMALL, section=section) as pilot:
        assert pilot.app.theme == PLAIN.name
        assert snapshots.same_as_kept(pilot, f"{section}-no-color")
        assert colours_written(pilot) == {"default"}


def colours_written(pilot: Pilot[None]) -> set[str]:
    """Return the colours that reach the terminal, of letters and behind them."""
    found = set()
    for strip in pilot.app.screen._compositor.render_strips():
        segments = list(strip)
        for line_filter in pilot.app.get_line_filters():
            segments = line_filter.apply(segments, pilot.app.screen.background_colors[1])
        styles = [segment.style for segment in segments if segment.style is not None]
        found |= {str(c.name) for style in styles for c in (style.color, style.bgcolor) if c}
    return found


async def test_leaving_lets_go_of_the_way_in(whole):
    session = session_of(whole.url)
    assert isinstance(session.access, FakeAccess)
    async with running(whole, session=session) as pilot:
        await pilot.press("q")

    assert session.access.closed == 1


async def test_it_is_not_live_before_values_have_come(whole):
    session = session_of(whole.url)
    await session.connect(nobody)
    _, said = chrome.top(session)
    await session.close()

    assert said[0].cells[0].text == "◌ connecting"


async def nobody(title: str, questions: Sequence[Question]) -> list[str] | None:
    raise AssertionError(f"{title}: {questions}")
