"""Dialogs: ask, choose, confirm. Esc always leaves without doing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList
from textual.widgets.option_list import Option

from tui.connect.access import Question
from tui.widgets.safe_text import shown

_CSS = """
    align: center middle;
    .box { width: 72; max-width: 96%; height: auto; max-height: 96%; padding: 0 2;
        border: round $primary; background: $panel; border-title-style: bold; }
    .box Label { width: 1fr; margin: 0 0 1 0; }
    .box Input { border: tall $border; height: 3; }
    .box Input:focus { border: tall $primary; }
    .buttons { height: auto; align-horizontal: right; }
    .buttons Button { margin-left: 2; }
    .touches { color: $warning; }
"""


@dataclass(frozen=True)
class Preview:
    """What an act would do, before it is done.

    `touches`: what, and how many. `name`: what must be typed; empty: nothing needs typing.
    `way_back`: how to undo it, or that one cannot.
    """

    title: str
    sentence: str
    touches: tuple[tuple[str, int], ...] = ()
    name: str = ""
    way_back: str = ""


def _label(text: str, classes: str = "") -> Label:
    lines = "\n".join(shown(line) for line in text.split("\n"))
    return Label(Content(lines), classes=classes, markup=False)


class ConfirmDialog(ModalScreen[bool]):
    """Say what will be touched; the focus is on Cancel, and the name is to be typed."""

    DEFAULT_CSS = f"ConfirmDialog {{ {_CSS} .box {{ border: round $error; }} }}"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(False)", "Cancel")]

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self.preview = preview

    def compose(self) -> ComposeResult:
        """Lay it out."""
        preview = self.preview
        box = Vertical(classes="box")
        box.border_title = Content(shown(preview.title))
        with box:
            yield _label(preview.sentence)
            if preview.touches:
                lines = [f"▲ {count:,} {what}" for what, count in preview.touches]
                yield _label("\n".join(lines), "touches")
            if preview.way_back:
                yield _label(preview.way_back)
            if preview.name:
                yield _label(f"To go on, type: {preview.name}")
                yield Input(placeholder=shown(preview.name), id="name")
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                go = Button("Do it", id="go", variant="error", compact=True)
                go.disabled = bool(preview.name)
                yield go

    def on_mount(self) -> None:
        """Begin where nothing happens."""
        self.query_one("#cancel").focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#go", Button).disabled = event.value.strip() != self.preview.name

    @on(Input.Submitted)
    def _entered(self) -> None:
        go = self.query_one("#go", Button)
        if not go.disabled:
            go.focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go")


class SayDialog(ModalScreen[None]):
    """Say something whole that a line had no room for."""

    DEFAULT_CSS = f"SayDialog {{ {_CSS} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "Close"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, title: str, says: Sequence[str]) -> None:
        super().__init__()
        self.about = title
        self.says = says

    def compose(self) -> ComposeResult:
        """Lay it out."""
        box = Vertical(classes="box")
        box.border_title = Content(shown(self.about))
        box.border_subtitle = "y copies, Esc closes"
        with box:
            for text in self.says:
                yield _label(text)

    def action_copy(self) -> None:
        """Copy all of it."""
        self.app.copy_to_clipboard("\n".join(self.says))


class AskDialog(ModalScreen[list[str] | None]):
    """Ask for some lines of text; secrets are not shown."""

    DEFAULT_CSS = f"AskDialog {{ {_CSS} }}"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, title: str, questions: Sequence[Question], said: str = "") -> None:
        super().__init__()
        self.asked = title
        self.questions = questions
        self.said = said

    def compose(self) -> ComposeResult:
        """Lay it out."""
        box = Vertical(classes="box")
        box.border_title = Content(shown(self.asked))
        with box:
            if self.said:
                yield _label(self.said)
            for question in self.questions:
                field = Input(placeholder=question.hint, password=question.is_secret)
                field.border_title = Content(shown(question.label))
                yield field
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("OK", id="go", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Begin at the first question."""
        self.query(Input).first().focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input is self.query(Input).last():
            self._answer()
        else:
            self.focus_next()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "go":
            self._answer()
        else:
            self.dismiss(None)

    def _answer(self) -> None:
        self.dismiss([field.value for field in self.query(Input)])


class ChooseDialog(ModalScreen[str | None]):
    """Choose one of a few; Enter takes the line under the cursor."""

    DEFAULT_CSS = f"""ChooseDialog {{ {_CSS}
        OptionList {{ height: auto; max-height: 16; border: none; background: $panel; }} }}"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, title: str, options: Sequence[tuple[str, str]]) -> None:
        """Offer `options`: what is returned, and what is read."""
        super().__init__()
        self.asked = title
        self.options = options

    def compose(self) -> ComposeResult:
        """Lay it out."""
        box = Vertical(classes="box")
        box.border_title = Content(shown(self.asked))
        with box:
            yield OptionList(
                *[Option(Content(shown(text)), id=value) for value, text in self.options]
            )

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_id)
