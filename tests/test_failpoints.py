"""No failpoint that no drill kills at, and none that nothing passes."""

from pathlib import Path

from server.failpoints import POINTS, Step
from tests.digests import test_killed as digests
from tests.keys import test_rotation_killed as keys
from tests.messages import test_killed as messages
from tests.replies import test_killed as replies
from tests.webhooks import test_killed as webhooks

SERVER = Path(__file__).parents[1] / "server"
# Each drill demands of every point it names that the process died there.
KILLED_AT = {
    *digests.POINTS,
    *keys.WALKED,
    *(point for point, _ in messages.EVERY),
    *replies.POINTS,
    *(f"{step}.{moment}" for step, moment in webhooks.POINTS),
}


def test_each_failpoint_has_a_drill_that_kills_at_it():
    assert set(POINTS) - KILLED_AT == set()


def test_no_drill_kills_at_what_is_no_failpoint():
    assert KILLED_AT - set(POINTS) == set()


def test_each_step_is_passed_somewhere():
    sources = [path.read_text() for path in SERVER.rglob("*.py") if path.name != "failpoints.py"]
    passed = {step for step in Step if any(f"Step.{step.name}" in text for text in sources)}

    assert set(Step) - passed == set()
