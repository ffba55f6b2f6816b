"""Acting: an act is chosen, opened, asked about, confirmed, done, and said."""

from collections.abc import Sequence

from textual import work

from tui.acts import Act, Outcome
from tui.connect.access import Question
from tui.errors import ApiError, NotAllowed
from tui.screens.looking import LookingScreen
from tui.widgets.dialogs import AskDialog, ChooseDialog, ConfirmDialog, Preview
from tui.widgets.progress import ProgressDialog


class ActingScreen(LookingScreen):
    """A screen on which something can be done."""

    def acts(self) -> Sequence[Act]:
        """Return what can be done here and now, to the row under the cursor."""
        return ()

    @work(group="act")
    async def action_acts(self) -> None:
        """Choose from what can be done here."""
        acts = list(self.acts())
        if not acts:
            self.notify("Nothing to do here.", markup=False)
            return
        chosen = await self.app.push_screen_wait(
            ChooseDialog("What to do", [(act.name, self._listed(act)) for act in acts])
        )
        if chosen is not None:
            await self._do(next(act for act in acts if act.name == chosen))

    @work(group="act")
    async def action_act(self, name: str) -> None:
        """Do an act by its name, if it applies here."""
        for act in self.acts():
            if act.name == name:
                await self._do(act)
                return
        self.notify("That does not apply here.", markup=False)

    def _listed(self, act: Act) -> str:
        keys = [
            self.app.get_key_display(active.binding)
            for active in self.active_bindings.values()
            if active.binding.action == f"act('{act.name}')"
        ]
        return f"{act.title}  {keys[0]}" if keys else act.title

    async def _do(self, act: Act) -> None:
        try:
            if act.writes and not self.session.is_elevated and not await self.elevate():
                return
            if (answers := await self._answers(act)) is None:
                return
            if act.preview is not None and not await self._confirmed(await act.preview(answers)):
                return
            outcome = await self._performed(act, answers)
        except ApiError as error:
            self.say(error)
        else:
            if outcome is not None:
                self.notify(outcome.sentence, markup=False)
                if outcome.watch is not None:
                    await self.app.push_screen_wait(ProgressDialog(act.title, outcome.watch))
        self.action_refresh()

    async def _answers(self, act: Act) -> list[str] | None:
        answers = await self.asked(act.title, act.questions) if act.questions else []
        if answers is None or act.choices is None:
            return answers
        chosen = await self.app.push_screen_wait(ChooseDialog(act.title, await act.choices()))
        return None if chosen is None else [*answers, chosen]

    async def _performed(self, act: Act, answers: list[str]) -> Outcome | None:
        try:
            return await act.perform(answers)
        except NotAllowed as error:
            # The proof ran out while one was reading.
            if not error.needs_elevation or not await self.elevate():
                raise
            return await act.perform(answers)

    async def _confirmed(self, preview: Preview) -> bool:
        return await self.app.push_screen_wait(ConfirmDialog(preview))

    async def asked(self, title: str, questions: Sequence[Question]) -> list[str] | None:
        """Ask the admin; only in a worker."""
        return await self.app.push_screen_wait(AskDialog(title, questions))

    async def elevate(self) -> bool:
        """Open acts for some minutes; False: not opened. Raises ApiError."""
        is_open = await self.session.elevate(self.asked)
        self.show_chrome()
        return is_open

    def say(self, error: ApiError) -> None:
        """Say what went wrong and the way on."""
        self.notify(str(error), severity="error", timeout=10, markup=False)
