"""What every screen of the dashboard is, and how to add one.

A list (users, jobs, keys …) is a `ListScreen` (tui/screens/lists.py):

1. `tui/calls/NAME.py`: one typed function for each route, over `AdminApi.get`, `.act` and `.do`.
2. `tui/screens/NAME.py`: a subclass with `COLUMNS`, `fetch` (a page of rows), `detail` (sections of
   facts about a row) and `acts` (what can be done to it). Filters are `FACETS` (`state:failed`) and
   `TEXT_FACET` (free words), orders are columns with a `sort`. Look at tui/screens/messages.py.
3. A line in tui/sections.py gives it its digit.
4. `tests/tui/screens/test_NAME.py`: routes in a FakeServer, keys through `running(…)`
   (tests/tui/pilot.py), a picture by `snap_compare`.

Anything else is an `AdminScreen`: `body` yields widgets, `load` reads and shows. `load` runs in a
round (tui/screens/looking.py), every `session.rate_s` seconds while the screen is the one in front;
an ApiError that it raises ends the round, what was shown stays, the first line says since when, and
lines below the tabs why and what to do. Widgets get the same values again and write nothing.

Rules: text from the server goes through `shown`/`fitted` (the table and the detail view do that);
a plain letter never destroys (bind acts to Ctrl+letter by `act('NAME')`, or leave them to the
menu `a`); every Act that destroys has a Preview; work is a job of the server, the screen watches.
"""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tui.errors import ApiError
from tui.screens import chrome
from tui.screens.acting import ActingScreen
from tui.widgets.bars import KeyLine, TabLine, TopLine
from tui.widgets.trouble import TroubleLines


class AdminScreen(ActingScreen):
    """A screen that looks every few seconds, and knows acts.

    Subclasses set `NAME` and `TITLE` and write `body` and `load`.
    """

    NAME = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("a", "acts", "Acts"),
        Binding("r", "refresh", "Refresh", show=False),
        Binding("p", "pause", "Pause", show=False),
        Binding("plus,equals_sign", "faster(1)", "Look more often", key_display="+", show=False),
        Binding("minus", "faster(-1)", "Look less often", key_display="-", show=False),
        Binding("y", "copy", "Copy"),
        Binding("e", "export", "Export JSON", show=False),
    ]

    # What subclasses write

    def body(self) -> ComposeResult:
        """Yield the widgets between the tabs and the keys."""
        raise NotImplementedError

    def copied(self) -> str:
        """Return what `y` copies; never a secret. Empty: nothing."""
        return ""

    async def exported(self) -> object:
        """Return what `e` writes as JSON; None: nothing to export. Raises ApiError."""
        return None

    def hide_private(self, hides: bool) -> None:
        """Hide names and addresses, or show them again."""

    # The frame

    def compose(self) -> ComposeResult:
        """Lay the frame out."""
        yield TopLine()
        yield TabLine()
        yield TroubleLines()
        with Vertical(id="body"):
            yield from self.body()
        yield KeyLine()

    def on_mount(self) -> None:
        """Follow the live bindings."""
        self.bindings_updated_signal.subscribe(self, lambda _: self.show_chrome())
        # What is opened while the app ends is mounted with nothing in it.
        if self._is_composed:
            self._come_to_front()

    def on_screen_resume(self) -> None:
        """Look at once when one comes here."""
        # The first time this comes before there is anything to draw on; see on_mount.
        if self._is_composed:
            self._come_to_front()

    def _come_to_front(self) -> None:
        self.hide_private(self.session.hides_private)
        self.show_chrome()
        self.action_refresh()

    @property
    def _is_composed(self) -> bool:
        return bool(self.query(KeyLine))

    def show_chrome(self) -> None:
        """Draw the lines at the top and the bottom, as far as they have changed."""
        if not self._is_composed:
            return
        self.query_one(TopLine).put(*chrome.top(self.session))
        self.query_one(TabLine).put(*chrome.tabs(self.section_name, self.size.width))
        self.query_one(TroubleLines).put(self.session.trouble)
        self.query_one(KeyLine).put(chrome.keys(self.active_bindings.values()))

    @property
    def section_name(self) -> str:
        """Whose tab is marked."""
        return self.NAME

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the menu of acts only where there are some."""
        del parameters
        return action != "acts" or type(self).acts is not AdminScreen.acts

    def action_back(self) -> None:
        """Leave a detail; a screen of its own has nothing behind it."""

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        if text := self.copied():
            self.app.copy_to_clipboard(text)

    @work(group="export")
    async def action_export(self) -> None:
        """Write what is shown as JSON to a file of one's own."""
        from tui import files  # rarely needed

        try:
            value = await self.exported()
        except ApiError as error:
            self.say(error)
            return
        if value is None:
            return
        try:
            path = files.export(self.section_name, value, now=self.session.now())
        except OSError as error:
            self.notify(f"Not written: {error.strerror}", severity="error", markup=False)
            return
        names = " Names are in it: hiding is for the screen." if self.session.hides_private else ""
        self.notify(f"Saved to {path}.{names}", markup=False)
