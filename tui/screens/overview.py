"""At one glance: is all well, and what needs you."""

from textual.app import ComposeResult

from tui.screens.frame import AdminScreen
from tui.widgets.bars import Bar


class OverviewScreen(AdminScreen):
    """Health, load, expiries, what needs you."""

    NAME = "overview"

    def body(self) -> ComposeResult:
        """Yield the panels."""
        yield Bar()

    async def load(self) -> None:
        """Read the overview."""
