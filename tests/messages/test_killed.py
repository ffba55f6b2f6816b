"""Killed at every step of the outbox, before and after it: nothing lost, nothing sent twice."""

import os
import signal
import subprocess
import sys

import pytest

from server import db
from server.failpoints import MOMENTS, POINTS, Step
from tests.messages.boxed import messages
from tests.messages.conftest import give_phone
from tests.messages.scripted import read
from tests.rows import make

WORKED, KILLED = 0, -signal.SIGKILL

# Each step, and what a provider must do for a message to come to it.
SCENARIO = {
    Step.OUTBOX_WRITE: "fine",
    Step.OUTBOX_CLAIM: "fine",
    Step.OUTBOX_CALL: "fine",
    Step.OUTBOX_ACCEPT: "fine",
    Step.OUTBOX_FAIL: "refused",
    Step.OUTBOX_RETRY: "busy",
    Step.OUTBOX_DOUBT: "dropped",
    Step.OUTBOX_TAKE_OVER: "dropped",
    Step.OUTBOX_FOUND: "dropped",
    Step.OUTBOX_ABSENT: "lost",
    Step.OUTBOX_PARK: "dropped?",
}
EVERY = [(f"{step}.{moment}", name) for step, name in SCENARIO.items() for moment in MOMENTS]
# The same step, reached in another way.
MORE = [
    ("outbox.park.committed", "lost?"),
    ("outbox.absent.uncommitted", "lost?"),
    ("outbox.call.committed", "dropped"),
    ("outbox.call.uncommitted", "busy"),
    ("outbox.call.committed", "lost"),
]


@pytest.fixture
def drill(with_phone, tmp_path):
    """Send in a process of its own, beside one provider; return its exit code."""
    scope = with_phone.scope
    with subprocess.Popen(
        [sys.executable, "-m", "tests.messages.killed_process", str(tmp_path)],
        env=os.environ.copy(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        given, told = process.stdin, process.stdout
        assert given is not None
        assert told is not None

        def ask(scenario, point="none"):
            given.write(f"{scenario} {point}\n")
            given.flush()
            return int(told.readline())

        def start_anew():
            for name in ("ledger", "calls", "clock"):
                (tmp_path / name).unlink(missing_ok=True)
            (tmp_path / "scope").write_text(f"{scope.household_id} {scope.user_id}")

        ask.start_anew = start_anew
        ask.ledger = tmp_path / "ledger"
        yield ask
        given.close()


@pytest.mark.parametrize(
    "points", [EVERY[:8], EVERY[8:16], EVERY[16:], pytest.param(MORE, marks=pytest.mark.drill)]
)
async def test_killed_at_each_step_a_message_is_sent_once(with_phone, drill, points):
    await make("preferences", with_phone, sms=True)
    for point, scenario in points:
        await db.execute("DELETE FROM outbox_messages")
        await db.execute("DELETE FROM provider_breakers")
        drill.start_anew()

        assert drill(scenario, point) == KILLED, point
        assert drill(scenario) == WORKED, point

        (sent, *notices) = await messages()
        if scenario == "refused":
            assert (sent.state, read(drill.ledger)) == ("failed", []), point
            assert [notice.kind for notice in notices] == ["undelivered"], point
        else:
            assert (sent.state, notices) == ("accepted", []), point
            assert read(drill.ledger) == [str(sent.id)], point


def test_every_point_is_tried():
    assert {point for point, _ in EVERY} == {p for p in POINTS if p.startswith("outbox.")}


async def test_another_user_of_the_server_is_not_told(with_phone, stranger, drill):
    await give_phone(stranger, "+4930999999")
    drill.start_anew()

    assert drill("refused") == WORKED
    assert {message.user_id for message in await messages()} == {with_phone.scope.user_id}
