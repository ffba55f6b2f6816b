"""Tones: what a colour means. Every tone comes with a word or a mark, never with colour alone."""

from enum import StrEnum

from rich.style import Style
from textual.widget import Widget


class Tone(StrEnum):
    """What a piece of text is about; the theme says how that looks."""

    PLAIN = "plain"
    DIM = "dim"
    STRONG = "strong"
    KEY = "key"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    BUSY = "busy"


MARKS = {
    Tone.GOOD: "●",
    Tone.WARN: "▲",
    Tone.BAD: "✗",
    Tone.BUSY: "►",
    Tone.DIM: "○",
    Tone.PLAIN: "·",
}
"""One cell each, and in every monospace font of a terminal."""


class Painted(Widget):
    """A widget that draws its own lines in tones; rules for `.tone--…` are in `tui/theme.py`."""

    COMPONENT_CLASSES = {f"tone--{tone}" for tone in Tone} | {"tone--cursor"}

    def tone(self, tone: Tone) -> Style:
        """Return how `tone` looks in the current theme, on this widget's background."""
        return self.get_component_rich_style(f"tone--{tone}")

    def cursor_tone(self) -> Style:
        """Return how the line under the cursor looks."""
        return self.get_component_rich_style("tone--cursor")
