"""What the server tells only once: it stays until one leaves, and is copied only when asked."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label

from tui.widgets.safe_text import shown


class ToldOnceDialog(ModalScreen[None]):
    """Show a secret and what it is for; `y` copies it."""

    DEFAULT_CSS = """ToldOnceDialog { align: center middle;
        .box { width: 76; max-width: 98%; height: auto; padding: 0 2;
            border: round $primary; background: $panel; }
        .box Label { width: 1fr; margin: 0 0 1 0; } }"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Close"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, title: str, sentence: str, secret: str) -> None:
        super().__init__()
        self.told = title
        self.sentence = sentence
        self.secret = secret

    def compose(self) -> ComposeResult:
        """Lay it out."""
        box = Vertical(classes="box")
        box.border_title = Content(shown(self.told))
        box.border_subtitle = Content("y copies, Esc closes")
        with box:
            yield Label(Content(shown(self.sentence)), markup=False)
            yield Label(Content(shown(self.secret)), markup=False)

    def action_copy(self) -> None:
        """Copy the secret."""
        self.app.copy_to_clipboard(self.secret)
