"""Killed at every step of the outbox, before and after it: nothing lost, nothing sent twice."""

import os
import signal
import subprocess
import sys

import pytest

from server import db
from server.failpoints import MOMENTS, Step
from tests.messages.boxed import messages
from tests.messages.conftest import give_phone
from tests.messages.scripted import read
from tests.rows import make

WORKED, KILLED = 0, -signal.SIGKILL

# Each step, and what a provider must do for a message to come to it.
SCENARIO = {
    Step.OUTBOX_WRITE: "fine",
    Step.OUTBOX_CLAIM: "fine",
    Step.OUTBOX_MARK: "fine!",
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
# Where nobody can be asked: killed there, it is parked whether the provider has it or not.
PARKED = {"outbox.mark.committed": 0, "outbox.call.committed": 1}
# The same step, reached in another way.
MORE = [
    ("outbox.claim.committed", "fine!"),
    ("outbox.call.uncommitted", "fine!"),
    ("outbox.call.committed", "fine!"),
    ("outbox.accept.committed", "fine!"),
    ("outbox.park.committed", "lost?"),
    ("outbox.absent.uncommitted", "lost?"),
    ("outbox.call.committed", "dropped"),
    ("outbox.call.uncommitted", "busy"),
    ("outbox.call.committed", "lost"),
]


class Drill:
    """A sender in a process of its own, beside one provider."""

    def __init__(self, process, folder, scope):
        self._process = process
        self._folder = folder
        self._scope = scope

    def start_anew(self):
        for name in ("ledger", "calls", "clock"):
            (self._folder / name).unlink(missing_ok=True)
        (self._folder / "scope").write_text(f"{self._scope.household_id} {self._scope.user_id}")

    def run(self, scenario, point="none"):
        """Return the exit code."""
        self._process.stdin.write(f"{scenario} {point}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    @property
    def sent(self):
        return read(self._folder / "ledger")


@pytest.fixture
def drill(with_phone, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "tests.messages.killed_process", str(tmp_path)],
        env=os.environ.copy(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Drill(process, tmp_path, with_phone.scope)
        if process.stdin:
            process.stdin.close()


@pytest.mark.parametrize(
    "points", [EVERY[:8], EVERY[8:16], EVERY[16:], pytest.param(MORE, marks=pytest.mark.drill)]
)
async def test_killed_at_each_step_a_message_is_sent_once(with_phone, drill, points):
    await make("preferences", with_phone, sms=True)
    for point, scenario in points:
        await db.execute("DELETE FROM outbox_messages")
        await db.execute("DELETE FROM provider_breakers")
        drill.start_anew()

        assert drill.run(scenario, point) == KILLED, point
        assert drill.run(scenario) == WORKED, point

        (sent, *notices) = await messages()
        if scenario == "fine!" and point in PARKED:
            assert (sent.state, len(drill.sent)) == ("unknown", PARKED[point]), point
            continue
        if scenario == "refused":
            assert (sent.state, drill.sent) == ("failed", []), point
            assert [notice.kind for notice in notices] == ["undelivered"], point
        else:
            assert (sent.state, notices) == ("accepted", []), point
            assert drill.sent == [str(sent.id)], point


async def test_another_user_of_the_server_is_not_told(with_phone, stranger, drill):
    await give_phone(stranger, "+4930999999")
    drill.start_anew()

    assert drill.run("refused") == WORKED
    assert {message.user_id for message in await messages()} == {with_phone.scope.user_id}
