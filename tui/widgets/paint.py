"""Tones: what a colour means. Every tone comes with a word or a mark, never with colour alone."""

from enum import StrEnum
from functools import lru_cache
from typing import ClassVar

from rich.style import Style
from textual.color import Color
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


# The variable of the theme that is a tone's colour, and how its text is.
_LOOKS = {
    Tone.PLAIN: ("foreground", ""),
    Tone.DIM: ("dim", ""),
    Tone.STRONG: ("foreground", "bold"),
    Tone.KEY: ("line-title", "bold"),
    Tone.GOOD: ("success", ""),
    Tone.WARN: ("warning", "bold"),
    Tone.BAD: ("error", "bold"),
    Tone.BUSY: ("busy", ""),
}


class Painted(Widget):
    """A widget that draws its own lines in tones.

    Tones are the theme's variables. Were they component classes, Textual would keep nine more nodes
    with styles of their own for each widget: 6 MB for all screens, and a tenth of the processor
    time until the first frame.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"painted--plain"}

    def tone(self, tone: Tone) -> Style:
        """Return how `tone` looks in the current theme, on this widget's background."""
        return self.looking(*_LOOKS[tone])

    def cursor_tone(self) -> Style:
        """Return how the line under the cursor looks."""
        background = self.app.theme_variables.get("cursor-background", "")
        return self.looking("cursor-color", "", background)

    def looking(self, variable: str, text: str = "", background: str = "") -> Style:
        """Return how text looks in the colour of a variable of the theme, on this background."""
        told = self.app.theme_variables
        text = f"{text} {told.get(f'{variable}-text-style', '')}"
        plain = self.get_component_rich_style("painted--plain")
        return plain + _style(told.get(variable, ""), background, text)


@lru_cache(maxsize=64)
def _style(color: str, background: str, text: str) -> Style:
    return Style.parse(text) + Style(
        color=Color.parse(color).rich_color if color else None,
        bgcolor=Color.parse(background).rich_color if background else None,
    )
