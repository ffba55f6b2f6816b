"""The detail of one row, over the list that it is in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content

from tui.acts import Act
from tui.errors import Changed, Gone, Refused
from tui.screens.frame import AdminScreen
from tui.widgets.columns import Row
from tui.widgets.detail import DetailView
from tui.widgets.safe_text import shown

if TYPE_CHECKING:
    from tui.screens.lists import ListScreen


class DetailScreen(AdminScreen):
    """All there is to say about one row, over its list; Esc leads back."""

    def __init__(self, parent: "ListScreen", row: Row) -> None:
        super().__init__(parent.session)
        self.parent_list = parent
        self.shown_row = row
        # What can be done to the row in its list can be done here, by the same keys.
        for binding in Binding.make_bindings(parent.BINDINGS):
            if binding.action.startswith("act("):
                self._bindings.bind(binding.key, binding.action, binding.description)

    @property
    def section_name(self) -> str:
        """The list's."""
        return self.parent_list.section_name

    def body(self) -> ComposeResult:
        """Yield the facts in a frame."""
        view = DetailView()
        view.add_class("panel")
        yield view

    @property
    def view(self) -> DetailView:
        """The facts."""
        return self.query_one(DetailView)

    async def load(self) -> None:
        """Read the row again."""
        try:
            detail = await self.parent_list.detail(self.shown_row)
        except (Gone, Changed, Refused) as error:
            self.view.border_subtitle = Content(shown(error.sentence))
            return
        self.view.border_title = Content(shown(detail.title))
        self.view.put(detail)

    def acts(self) -> Sequence[Act]:
        """Return what can be done to the row."""
        return self.parent_list.acts()

    def hide_private(self, hides: bool) -> None:
        """Hide names and addresses, or show them again."""
        self.view.hide_private(hides)

    def action_back(self) -> None:
        """Back to the list."""
        self.dismiss(None)

    def copied(self) -> str:
        """Return the value under the cursor, unless it is hidden."""
        fact = self.view.fact
        if fact is not None and fact.is_private and self.view.hides_private:
            self.notify("It is hidden: press P to show it, then copy.", markup=False)
            return ""
        return fact.value if fact is not None else ""

    async def exported(self) -> object:
        """Return the facts."""
        return {
            section.title: {fact.label: fact.value for fact in section.facts}
            for section in self.view.detail.sections
        }
