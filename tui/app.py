"""The dashboard: its screens, the keys that work everywhere, themes."""

import gc
import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tui import clipboard
from tui.connect.access import Question
from tui.errors import ApiError
from tui.key_order import KeysInOrder
from tui.screens.finding import HelpDialog, JumpDialog
from tui.screens.frame import AdminScreen
from tui.screens.lists import ListScreen
from tui.sections import SECTIONS
from tui.session import Session
from tui.theme import CSS, THEMES, theme_for
from tui.widgets.dialogs import AskDialog


class AdminApp(KeysInOrder):
    """The dashboard of one server."""

    TITLE = "CatchUp"
    CSS = CSS
    # Nothing moves by itself: each frame would be written over a slow line.
    animation_level = "none"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(section.key, f"section('{section.name}')", section.title, show=False)
            for section in SECTIONS
        ),
        Binding("colon", "jump", "Jump", key_display=":", show=False),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("P", "privacy", "Hide names", show=False),
        Binding("S", "screenshot", "Picture (SVG)", show=False),
        Binding("ctrl+e", "elevate", "May act / read only", show=False),
        Binding("ctrl+l", "sign_in", "Sign in again", show=False),
        Binding("q", "quit", "Quit"),
        Binding("ctrl+q", "quit", "Quit", show=False),
    ]

    def __init__(self, session: Session, *, theme: str | None = None) -> None:
        # Else colours would become greys, and the terminal's own ones black on black.
        super().__init__(ansi_color="NO_COLOR" in os.environ or None)
        self.session = session
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme or theme_for(self.console.color_system, no_color=self.no_color)
        for section in SECTIONS:
            self.add_mode(section.name, partial(section.make, session))

    def on_mount(self) -> None:
        """Show the first screen; look for the server after its first frame."""
        self.switch_mode(SECTIONS[0].name)
        self.call_after_refresh(self._begin)
        # What changes by itself: ages of values, the end of the right to act.
        self.set_interval(1.0, self._tick)

    def _begin(self) -> None:
        # What was loaded stays: no later collection looks at it again. What only loading needed
        # would stay, too, so it is let go first: 4 MB.
        gc.collect()
        gc.freeze()
        gc.enable()
        self.action_sign_in()

    async def on_unmount(self) -> None:
        """Let go of the line: a tunnel would go on without us."""
        await self.session.close()

    @property
    def front(self) -> AdminScreen | None:
        """The screen in front, unless a dialog is."""
        stack = self.screen_stack  # empty while the app ends
        top = stack[-1] if stack else None
        return top if isinstance(top, AdminScreen) else None

    def _tick(self) -> None:
        if (front := self.front) is not None:
            front.show_chrome()

    # Getting in

    @work(exclusive=True, group="connect")
    async def action_sign_in(self) -> None:
        """Get in, or in again; until there is a way, it is tried at every round."""
        session = self.session
        try:
            await session.connect(self._asked)
        except ApiError as error:
            session.trouble = error
            self.set_timer(max(5, session.rate_s), self.action_sign_in)
            if (front := self.front) is not None:
                front.without_server()
        if (front := self.front) is not None:
            front.show_chrome()
            front.action_refresh()

    async def _asked(self, title: str, questions: Sequence[Question]) -> list[str] | None:
        return await self.push_screen_wait(AskDialog(title, questions))

    @work(group="act")
    async def action_elevate(self) -> None:
        """Open acts for some minutes."""
        if (front := self.front) is None:
            return
        try:
            await front.elevate()
        except ApiError as error:
            front.say(error)

    # Going about

    def action_section(self, name: str) -> None:
        """Go to a screen; from a dialog one does not slip away."""
        if self.front is not None:
            self.switch_mode(name)

    def action_privacy(self) -> None:
        """Hide names and addresses, or show them again."""
        self.session.hides_private = not self.session.hides_private
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, AdminScreen):
                    screen.hide_private(self.session.hides_private)
        if (front := self.front) is not None:
            front.show_chrome()

    @work(group="jump")
    async def action_jump(self) -> None:
        """Go to a screen by its name, with a filter if one is written: `messages state:failed`."""
        if self.front is None or (wanted := await self.push_screen_wait(JumpDialog())) is None:
            return
        await self.action_lead(*wanted)

    async def action_lead(self, name: str, filtered: str) -> None:
        """Go to a screen, and filter its list if `filtered` is written."""
        await self.switch_mode(name)
        if filtered and isinstance(self.screen, ListScreen):
            self.screen.take_filter(filtered)

    def action_help(self) -> None:
        """Say what each key does here."""
        if self.front is not None:
            self.push_screen(HelpDialog(self.front.active_bindings.values()))

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Write what is seen as SVG."""
        del filename, path
        from tui import files  # rarely needed

        picture = self.export_screenshot(title="CatchUp")
        try:
            where = files.write("picture", "svg", picture, now=self.session.now())
        except OSError as error:
            self.notify(f"Not written: {error.strerror}", severity="error", markup=False)
            return
        self.notify(f"Saved to {where}", markup=False)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy through the terminal; what is too long goes to a file."""
        self._clipboard = text
        if not clipboard.fits(text):
            from tui import files  # rarely needed

            try:
                where = files.write("copied", "txt", text, now=self.session.now())
            except OSError as error:
                self.notify(f"Not copied: {error.strerror}", severity="error", markup=False)
                return
            self.notify(f"Too long for a terminal's clipboard; saved to {where}", markup=False)
            return
        if self._driver is not None:
            self._driver.write(clipboard.sequence(text, os.environ))
        self.notify("Copied, if the terminal allows it.", timeout=2, markup=False)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Yield what the palette offers: screens, and what the front one can do."""
        for section in SECTIONS:
            yield SystemCommand(
                section.title,
                f"Go to {section.title} ({section.key})",
                partial(self.action_section, section.name),
            )
        if isinstance(screen, AdminScreen):
            for act in screen.acts():
                yield SystemCommand(act.title, "Act", partial(screen.action_act, act.name))
        yield SystemCommand("Elevate", "May act for some minutes (Ctrl+E)", self.action_elevate)
        yield SystemCommand("Hide names", "Or show them again (P)", self.action_privacy)
        yield SystemCommand("Picture", "Save what is seen as SVG (S)", self.action_screenshot)
        yield SystemCommand("Theme", "Light, dark, plain", self.action_change_theme)
        yield SystemCommand("Quit", "Leave; jobs go on (q)", self.action_quit)
