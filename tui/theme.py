"""Colours and the sheet of styles.

The colours are of the 256 that every terminal has, so that ssh, which drops the hint of true
colour, changes nothing. With 16 colours or NO_COLOR the terminal's own are used (`catchup-plain`).
"""

from textual.theme import Theme

DARK = Theme(
    name="catchup",
    primary="#5fafd7",
    secondary="#87afd7",
    accent="#ffaf5f",
    success="#87d787",
    warning="#ffd75f",
    error="#ff5f5f",
    foreground="#d0d0d0",
    background="#121212",
    surface="#121212",
    panel="#1c1c1c",
    boost="#262626",
    dark=True,
    variables={
        "dim": "#8a8a8a",
        "line": "#444444",
        "line-title": "#87afd7",
        "cursor-background": "#005f87",
        "cursor-color": "#ffffff",
        "bar": "#1c1c1c",
        "graph-1": "#87d787",
        "graph-2": "#5fafff",
        "graph-3": "#ffaf5f",
        "graph-4": "#af87ff",
        "graph-5": "#5fd7d7",
        "graph-6": "#ff87af",
        "busy": "#5fd7d7",
        "border": "#444444",
        "border-blurred": "#444444",
        "block-cursor-background": "#005f87",
        "block-cursor-foreground": "#ffffff",
        "footer-background": "#1c1c1c",
        "input-selection-background": "#005f87",
    },
)

LIGHT = Theme(
    name="catchup-light",
    primary="#005f87",
    secondary="#005f87",
    accent="#af5f00",
    success="#008700",
    warning="#875f00",
    error="#d70000",
    foreground="#262626",
    background="#ffffff",
    surface="#ffffff",
    panel="#eeeeee",
    boost="#e4e4e4",
    dark=False,
    variables={
        "dim": "#6c6c6c",
        "line": "#bcbcbc",
        "line-title": "#005f87",
        "cursor-background": "#afd7ff",
        "cursor-color": "#000000",
        "bar": "#eeeeee",
        "graph-1": "#008700",
        "graph-2": "#005fd7",
        "graph-3": "#af5f00",
        "graph-4": "#5f00af",
        "graph-5": "#008787",
        "graph-6": "#af005f",
        "busy": "#008787",
        "border": "#bcbcbc",
        "border-blurred": "#bcbcbc",
    },
)

PLAIN = Theme(
    name="catchup-plain",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_bright_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "dim": "ansi_default",
        "dim-text-style": "dim",
        "line": "ansi_default",
        "line-title": "ansi_cyan",
        "cursor-background": "ansi_default",
        "cursor-color": "ansi_default",
        "cursor-color-text-style": "reverse",
        "bar": "ansi_default",
        "graph-1": "ansi_green",
        "graph-2": "ansi_bright_blue",
        "graph-3": "ansi_yellow",
        "graph-4": "ansi_magenta",
        "graph-5": "ansi_cyan",
        "graph-6": "ansi_bright_magenta",
        "busy": "ansi_cyan",
        "border": "ansi_default",
        "border-blurred": "ansi_default",
        "block-cursor-background": "ansi_white",
        "block-cursor-foreground": "ansi_black",
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "input-cursor-text-style": "reverse",
    },
)

THEMES = (DARK, LIGHT, PLAIN)


def theme_for(color_system: str | None, *, no_color: bool) -> str:
    """Return the theme for what the terminal can show (Rich's name of its colour system)."""
    if no_color or color_system in {None, "standard", "windows"}:
        return PLAIN.name
    return DARK.name


CSS = """
Screen { background: $background; color: $foreground; }
ModalScreen { background: $background 60%; }
ModalScreen:ansi { background: ansi_default; }
.painted--plain { color: $foreground; }
.panel { border: round $line; border-title-color: $line-title; border-title-style: bold;
    border-subtitle-color: $dim; padding: 0 1; background: $background; }
.panel:focus { border: round $primary; }
.panel.graph { padding: 0; width: 1fr; }
TopLine { height: 1; background: $bar; }
TabLine { height: 1; }
KeyLine { height: 1; dock: bottom; background: $bar; }
#body { height: 1fr; }
PagedTable { height: 1fr; }
"""
