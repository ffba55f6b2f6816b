"""The screens, in the order of their digits. A screen that is not built yet is absent.

To add one: write tui/screens/NAME.py (see tui/screens/frame.py) and put a line here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from tui.screens.frame import AdminScreen
    from tui.session import Session


@dataclass(frozen=True)
class Section:
    """A screen: the digit that opens it, its name for `:`, its title, and where its class is."""

    key: str
    name: str
    title: str
    place: str

    def make(self, session: "Session") -> "AdminScreen":
        """Import the screen and make it."""
        module, _, name = self.place.partition(":")
        make = cast("Callable[[Session], AdminScreen]", getattr(import_module(module), name))
        return make(session)


SECTIONS = (
    Section("1", "overview", "Overview", "tui.screens.overview:OverviewScreen"),
    Section("2", "queues", "Queues", "tui.screens.queues:QueuesScreen"),
    Section("3", "messages", "Messages", "tui.screens.messages:MessagesScreen"),
    Section("4", "users", "Users", "tui.screens.users:UsersScreen"),
    Section("5", "keys", "Keys", "tui.screens.keys:KeysScreen"),
    Section("7", "audit", "Audit", "tui.screens.audit:AuditScreen"),
    Section("8", "logs", "Logs", "tui.screens.logs:LogsScreen"),
    Section("9", "integrations", "Integrations", "tui.screens.integrations:IntegrationsScreen"),
    Section("0", "settings", "Settings", "tui.screens.settings:SettingsScreen"),
)
