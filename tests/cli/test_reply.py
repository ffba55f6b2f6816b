import asyncio
import json

import pytest
from click.testing import CliRunner

from server import config
from server.__main__ import main
from tests.factories import PASSWORD

EMAIL = "ana@example.org"


@pytest.fixture
async def catchup(own_database, monkeypatch):
    """Run a command in a thread, as it has an event loop and a pool of its own."""
    monkeypatch.setenv("PORT", "3000")
    config.settings.cache_clear()

    async def run(*words, typed=None):
        return await asyncio.to_thread(CliRunner().invoke, main, words, input=typed)

    made = await run("users", "create", EMAIL, "--password-stdin", typed=PASSWORD)
    assert made.exit_code == 0, made.output
    return run


async def test_a_reply_is_answered_without_a_worker(catchup):
    said = await catchup("reply", "--user", EMAIL, "1", "yes")

    assert (said.exit_code, said.stdout) == (0, "1: nothing open has this number.\n")


async def test_a_mail_is_read_from_standard_input(catchup):
    mail = "help\n\nOn Sun, 1 Mar 2026 at 09:00 CatchUp <c@x.example> wrote:\n> 1 no\n"

    said = await catchup("reply", "--user", EMAIL, "--channel", "email", "--json", "-", typed=mail)

    found = json.loads(said.stdout)
    assert (found["text"], found["outcome_code"]) == ("help", "help")
    assert found["receipt"].startswith("CatchUp: 1 yes, 1 no, 1 later 5")


async def test_where_nothing_is_answered_it_says_what_came_of_it(catchup):
    said = await catchup("reply", "--user", EMAIL, "thanks")

    assert said.stdout == "(no receipt: thanks)\n"


async def test_an_unknown_user_is_an_error_of_one_line(catchup):
    said = await catchup("reply", "--user", "nobody@example.org", "1", "yes")

    assert said.exit_code == 1
    assert "Traceback" not in said.output
