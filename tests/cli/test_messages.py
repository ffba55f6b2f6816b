"""`catchup messages`, run as an admin runs it on the box."""

import json

import pytest

from server import config, db
from server.lib.scope import Scope
from tests.cli.conftest import EMAIL
from tests.factories import Member
from tests.messages.letters import TEXT, insert_letter


@pytest.fixture
async def letters(catchup):
    """Return the ids of three messages to the one user, by their states."""
    states = ("pending", "failed", "unknown")
    async with db.pool(config.settings(), max_size=1):
        [user] = await db.fetch("SELECT household_id, id FROM users")
        member = Member(Scope(user["household_id"], user["id"]), EMAIL, "", "")
        return {state: str(await insert_letter(member, state=state)) for state in states}


async def states(catchup):
    return {
        one["id"]: one["state"]
        for one in json.loads((await catchup("messages", "list", "--json")).stdout)
    }


async def test_messages_are_listed_without_what_they_say(catchup, letters):
    done = await catchup("messages", "list", "--user", EMAIL, "--state", "failed")

    assert done.exit_code == 0, done.output
    assert (letters["failed"] in done.stdout, letters["pending"] in done.stdout) == (True, False)
    assert TEXT not in done.stdout


async def test_a_filter_that_makes_no_sense_is_refused(catchup):
    done = await catchup("messages", "list", "--state", "lost")

    assert (done.exit_code, done.stderr.startswith("catchup: state:")) == (1, True)


async def test_one_message_is_traced(catchup, letters):
    shown = await catchup("messages", "show", letters["pending"])
    as_json = await catchup("messages", "show", letters["pending"], "--json")

    assert shown.stdout.startswith(letters["pending"])
    assert json.loads(as_json.stdout)["message"]["state"] == "pending"


async def test_a_failed_message_is_sent_again_without_a_question(catchup, letters):
    done = await catchup("messages", "retry", letters["failed"])

    assert done.exit_code == 0, done.output
    assert (await states(catchup))[letters["failed"]] == "pending"


@pytest.mark.parametrize(("answer", "state"), [("n\n", "unknown"), ("y\n", "pending")])
async def test_who_sends_again_what_may_double_is_asked(catchup, letters, answer, state):
    done = await catchup("messages", "retry", letters["unknown"], typed=answer)

    assert "arrive twice" in done.output
    assert (await states(catchup))[letters["unknown"]] == state


async def test_why_somebody_got_nothing_is_told(catchup, letters):
    text = await catchup("messages", "why-silent", EMAIL)
    as_json = await catchup("messages", "why-silent", EMAIL, "--json")

    assert "SMS is off in the user's preferences." in text.stdout
    codes = [reason["code"] for reason in json.loads(as_json.stdout)["reasons"]]
    assert {"preference_off", "no_provider", "failed", "unknown"} <= set(codes)
