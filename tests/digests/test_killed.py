"""Killed at each step, before and after its commit: nothing is lost, nothing comes twice."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest

from server import db
from server.digests import codes, service
from server.failpoints import MOMENTS, Step
from tests.digests.people import SATURDAY, SUNDAY, digests_of, messages_of, suggest
from tests.factories import make_member

WORKED, KILLED = 0, -signal.SIGKILL
POINTS = [f"{step}.{moment}" for step in Step if step.startswith("digest.") for moment in MOMENTS]
DAY = timedelta(days=1)


@pytest.fixture
def write(database):
    """Write all that is due on SUNDAY in a process of its own; return its exit code."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.digests.killed_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ.copy(),
    ) as process:
        given, told = process.stdin, process.stdout
        assert given is not None
        assert told is not None

        def ask(point="none"):
            given.write(f"{point}\n")
            given.flush()
            return int(told.readline())

        yield ask
        given.close()


async def forget():
    for table in ("outbox_messages", "digests", "suggestion_notices", "message_codes"):
        await db.execute(f"DELETE FROM {table}")
    # One user's is due; the other one, who has moved, has to get theirs anew.
    await db.execute("UPDATE digest_schedules SET next_at = $1, next_on = $2", SUNDAY, SUNDAY)
    await db.execute(
        """UPDATE digest_schedules SET rule = 'x', next_at = $1::timestamptz + interval '1 day',
                next_on = '2026-03-02'
            WHERE user_id = (SELECT max(id::text)::uuid FROM users)""",
        SUNDAY,
    )


async def test_killed_at_each_step_what_is_due_is_written_once(member, write):
    moved = await make_member()
    await service.keep_schedules(now=SATURDAY)
    await suggest(member, SUNDAY + DAY, name="Listed")
    await suggest(member, SUNDAY + 2 * DAY, name="Tied", trigger="shared_activity")
    await suggest(member, SUNDAY - DAY, name="Met", state="accepted")
    for point in POINTS:
        await forget()

        assert write(point) == KILLED, point
        assert write() == WORKED, point
        assert write() == WORKED, point

        kinds = Counter(message["kind"] for message in await messages_of(member))
        assert kinds == {"digest": 1, "suggestion": 1, "confirmation": 1}, point
        assert await digests_of(member) == [("2026-03-01", "written", None)], point
        told = [await codes.resolve(member.scope, code, now=SUNDAY) for code in (1, 2, 3, 4)]
        assert [one is not None for one in told] == [True, True, True, False], point
        schedules = await db.fetch("SELECT user_id, rule, next_at FROM digest_schedules")
        assert {row["rule"] for row in schedules} == {"6 09:00 Europe/Berlin"}, point
        assert {row["next_at"] for row in schedules} == {SUNDAY + 7 * DAY}, point
        assert len(schedules) == 2, point
        assert await messages_of(moved) == [], point
