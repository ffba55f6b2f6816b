import pytest

from tests.tui.pilot import running
from tui.theme import DARK, LIGHT, THEMES
from tui.widgets.bars import TopLine
from tui.widgets.graph import Graph
from tui.widgets.paint import Painted, Tone


async def test_tones_follow_the_theme_that_is_chosen(server):
    async with running(server, theme=DARK.name) as pilot:
        line = pilot.app.screen.query_one(TopLine)
        dark = line.tone(Tone.GOOD)

        pilot.app.theme = LIGHT.name
        await pilot.pause()

        light = line.tone(Tone.GOOD)
    assert dark.color is not None
    assert light.color is not None
    assert (dark.color.name, light.color.name) == (DARK.success, LIGHT.success)
    assert dark.bgcolor != light.bgcolor


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_tone_is_in_every_theme(server, theme):
    async with running(server, theme=theme) as pilot:
        for widget in pilot.app.screen.query(Painted):
            assert all(widget.tone(tone).color is not None for tone in Tone)
            assert widget.cursor_tone().bgcolor is not None


async def test_each_graph_has_a_colour_of_its_own(server):
    async with running(server, theme=DARK.name) as pilot:
        graphs = pilot.app.screen.query(Graph)

        assert len({graph.tone(Tone.BUSY).color for graph in graphs}) == len(graphs) == 6
