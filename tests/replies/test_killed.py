"""Killed at every step of handling a reply, before and after its commit: it counts once."""

import asyncio
import signal
import subprocess
import sys

import pytest

from server import db
from server.failpoints import MOMENTS, Step
from server.replies import service
from tests.factories import make_member
from tests.replies.answering import reply_row, state_of, store, suggest
from tests.times import MONDAY

KILLED = -signal.SIGKILL
POINTS = [
    f"{step}.{moment}" for step in (Step.REPLY_HANDLE, Step.OUTBOX_WRITE) for moment in MOMENTS
]


@pytest.fixture
def handle(database):
    """Handle what waits in a process of its own, which dies where it is told; return its code."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.replies.handling_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        given, told = process.stdin, process.stdout
        assert given is not None
        assert told is not None

        def ask(point):
            given.write(f"{point}\n")
            given.flush()
            return int(told.readline())

        yield ask
        given.close()


async def handle_until_done(message):
    """Be the next worker; the database takes a moment to see that the last one is dead."""
    async with asyncio.timeout(10):
        while (await reply_row(message))["state"] == "received":
            await service.handle_batch(now=MONDAY)
            await asyncio.sleep(0.05)


async def test_killed_at_each_step_a_reply_counts_once(database, handle):
    for point in POINTS:
        member = await make_member()
        ben = await suggest(member, 1)
        message = await store(member, "1 no")

        assert await asyncio.to_thread(handle, point) == KILLED, point
        await handle_until_done(message)

        assert await state_of(ben) == "dismissed", point
        assert (await reply_row(message))["outcome_code"] == "applied", point
        for rows in ("reply_actions WHERE", "outbox_messages WHERE kind = 'receipt' AND"):
            count = await db.fetch_value(
                f"SELECT count(*) FROM {rows} user_id = $1", member.scope.user_id
            )
            assert count == 1, f"{point}: {count} {rows}"


async def test_several_workers_at_once_handle_each_reply_once(member):
    for code in range(1, 13):
        await suggest(member, code, f"P{code}")
        await store(member, f"{code} no")

    handled = await asyncio.gather(*(service.handle_batch(now=MONDAY) for _ in range(4)))
    # Those who found a user's first reply taken went away: the rest is the next one's.
    handled.append(await service.handle_batch(now=MONDAY))

    assert sum(handled) == 12
    assert await db.fetch_value("SELECT count(*) FROM reply_actions") == 12
    receipts = "SELECT count(*) FROM outbox_messages WHERE kind = 'receipt'"
    assert await db.fetch_value(receipts) == 12
