"""Finding one's way: jump by name, and the keys that work here."""

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from tui.sections import SECTIONS
from tui.widgets.keys import key_text

_COLUMN = 34


def section_named(text: str) -> str | None:
    """Return the screen that `text` begins, or is in; None when there is none or no text."""
    wanted = text.strip().lower()
    if not wanted:
        return None
    names = [section.name for section in SECTIONS]
    begun = [name for name in names if name.startswith(wanted)]
    return next(iter(begun or [name for name in names if wanted in name]), None)


class JumpDialog(ModalScreen[tuple[str, str] | None]):
    """A line for the name of a screen and, after a blank, a filter."""

    DEFAULT_CSS = """JumpDialog { align: center top; background: $background 0%;
        Input { width: 60; max-width: 96%; margin-top: 3; border: round $primary; height: 3; } }"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def compose(self) -> ComposeResult:
        """Lay it out."""
        names = [section.name for section in SECTIONS]
        field = Input(placeholder="  ".join(names), suggester=SuggestFromList(names))
        field.border_title = "Jump to"
        yield field

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        name, _, filtered = event.value.strip().partition(" ")
        found = section_named(name)
        if found is None:
            self.query_one(Input).border_subtitle = "no screen is called that"
        else:
            self.dismiss((found, filtered.strip()))


class HelpDialog(ModalScreen[None]):
    """What each key does, read from the bindings that are live."""

    DEFAULT_CSS = """HelpDialog { align: center middle;
        .box { width: 76; max-width: 98%; height: auto; max-height: 98%; padding: 0 2;
            border: round $primary; background: $panel; }
        VerticalScroll { height: auto; max-height: 40; } Static { width: 1fr; } }"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss(None)", "Close")
    ]

    def __init__(self, bindings: Iterable[ActiveBinding]) -> None:
        super().__init__()
        self.bindings = list(bindings)

    def compose(self) -> ComposeResult:
        """Lay it out."""
        box = Vertical(classes="box")
        box.border_title = "Keys"
        box.border_subtitle = "Esc closes"
        with box, VerticalScroll():
            yield Static(self._text())

    def _text(self) -> Text:
        text = Text()
        for title, entries in _grouped(self.bindings).items():
            text.append(f"{title}\n", "bold")
            pairs = list(entries.items())
            half = (len(pairs) + 1) // 2
            for i in range(half):
                for what, keys in pairs[i::half]:
                    line = Text(f"  {' '.join(keys):<10} ", "bold")
                    line.append(what, "not bold")
                    line.truncate(_COLUMN, pad=True)
                    text.append(line)
                text.append("\n")
            text.append("\n")
        text.append("On the command line: every act has a twin, `catchup --help`.")
        return text


def _grouped(bindings: Iterable[ActiveBinding]) -> dict[str, dict[str, list[str]]]:
    """Return, by where they work, what is done by which keys."""
    groups: dict[str, dict[str, list[str]]] = {"Here": {}, "This screen": {}, "Everywhere": {}}
    for active in bindings:
        binding = active.binding
        if not binding.description or binding.system:
            continue
        title = "Here"
        if isinstance(active.node, App):
            title = "Everywhere"
        elif isinstance(active.node, Screen):
            title = "This screen"
        keys = groups[title].setdefault(binding.description, [])
        keys.append(binding.key_display or key_text(binding.key))
    return {title: entries for title, entries in groups.items() if entries}
