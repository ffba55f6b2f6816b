import pytest
from textual.app import App
from textual.widgets import Button, Input

from tui.acts import Act, Outcome, Progress
from tui.connect.access import Question
from tui.theme import CSS, DARK
from tui.widgets.dialogs import AskDialog, ChooseDialog, ConfirmDialog, Preview
from tui.widgets.progress import ProgressDialog

ERASE = Preview(
    title="Erase [b]ana[/b]",
    sentence="All that ana has is erased \x1b[31m.",
    touches=(("contacts", 1200), ("sessions", 2)),
    name="ana@example.org",
    way_back="For 30 days it can be called off.",
)


class DialogApp(App[None]):
    CSS = CSS

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.answers: list[object] = []


async def test_the_focus_is_on_cancel_and_enter_does_nothing():
    async with DialogApp().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, DialogApp)
        app.push_screen(ConfirmDialog(ERASE), app.answers.append)
        await pilot.pause()

        await pilot.press("enter")
        await pilot.pause()

        assert app.answers == [False]


async def test_it_is_done_only_when_the_name_was_typed():
    async with DialogApp().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, DialogApp)
        app.push_screen(ConfirmDialog(ERASE), app.answers.append)
        await pilot.pause()
        app.screen.query_one(Input).focus()
        await pilot.press(*"ana@example.or", "enter")
        assert app.screen.query_one("#go", Button).disabled

        await pilot.press("g", "enter", "enter")
        await pilot.pause()

        assert app.answers == [True]


async def test_escape_leaves_every_dialog_without_an_answer():
    async with DialogApp().run_test() as pilot:
        app = pilot.app
        assert isinstance(app, DialogApp)
        app.push_screen(AskDialog("Ask", [Question("Password")]), app.answers.append)
        await pilot.pause()
        await pilot.press("escape")
        app.push_screen(ChooseDialog("Choose", [("a", "A")]), app.answers.append)
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()

        assert app.answers == [None, None]


async def test_a_secret_is_not_shown_as_it_is_typed():
    async with DialogApp().run_test() as pilot:
        pilot.app.push_screen(AskDialog("Ask", [Question("Password"), Question("Code")]))
        await pilot.pause()

        assert all(field.password for field in pilot.app.screen.query(Input))


async def test_leaving_the_progress_of_a_job_stops_nothing():
    looks = []

    async def look() -> Progress:
        looks.append(1)
        return Progress(0.4, "40 of 100 values")

    async with DialogApp().run_test() as pilot:
        pilot.app.push_screen(ProgressDialog("Rotating", look))
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()

        assert looks
        assert not isinstance(pilot.app.screen, ProgressDialog)


def test_an_act_that_destroys_cannot_be_made_without_a_preview():
    async def perform(_: list[str]) -> Outcome:
        return Outcome("done")

    with pytest.raises(ValueError, match="no preview"):
        Act("erase", "Erase", perform, destroys=True)
