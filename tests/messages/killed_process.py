"""Sends what is due beside a scripted provider, in processes that a failpoint kills.

Run as `python -m tests.messages.killed_process FOLDER`: for each line `SCENARIO POINT` on standard
input it forks, so that nothing is loaded twice; the child goes on where the last one died, on a
clock that a file keeps, until nothing is left to do. The parent says how it ended.
"""

import asyncio
import os
import sys
import traceback
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from server import config, db, failpoints
from server.integrations.channel import Accepted, Begin, Outgoing, Refused, Unclear, unmarked
from server.keys import server_keys
from server.lib.clock import utc_now
from server.lib.scope import Scope
from server.messages.lane import Lane
from server.outbox import service as outbox
from tests.messages.scripted import Scripted, read, write
from tests.times import MONDAY

T = TypeVar("T")
STEPS = 100
DROP = Unclear("line_dropped")
# What the provider does with the first calls: (answer, whether it has the message all the same).
# "?": it cannot tell for the first two minutes what it has; "!": it never can, so calls are marked.
SCENARIOS: dict[str, list[tuple[Any, bool]]] = {
    "fine": [],
    "busy": [(Refused("503", is_permanent=False), False)] * 2,
    "refused": [(Refused("21211", is_permanent=True), False)] * 9,
    "dropped": [(DROP, True)],
    "dropped?": [(DROP, True)],
    "lost": [(DROP, False)],
    "lost?": [(DROP, False)],
    "fine!": [],
}


class Remembering(Scripted):
    """Its script goes on where the process before it died."""

    def __init__(self, folder: Path, scenario: str) -> None:
        super().__init__(folder / "ledger", is_marked="!" in scenario)
        self._calls = folder / "calls"
        self._all = SCENARIOS[scenario]

    async def send(
        self, outgoing: Outgoing, begin: Begin = unmarked
    ) -> Accepted | Refused | Unclear:
        self.script = self._all[len(read(self._calls)) :][:1]
        write(self._calls, str(outgoing.message_id))
        return await super().send(outgoing, begin)


async def go_on(folder: Path, scenario: str) -> None:
    """Write the message as its cause does, then send until nothing is left to do."""
    owner, user = read(folder / "scope")
    clock = folder / "clock"
    async with db.pool(config.settings(), max_size=4):
        await server_keys.start(now=utc_now())
        await cause(Scope(UUID(owner), UUID(user)))
        channel = Remembering(folder, scenario)
        for _ in range(STEPS):
            now = _time(len(read(clock)))
            write(clock, "x")
            is_mute = "!" in scenario or ("?" in scenario and _is_early(now))
            channel.cannot_tell = "timed_out" if is_mute else None
            lane = Lane("sms", channel, clock=partial(_same, now), jitter=partial(_same, 0.0))
            await lane.round()
            await lane.drain(20)
            if not await db.fetch_value(
                """SELECT count(*) FROM outbox_messages WHERE channel = 'sms'
                    AND state = ANY($1)""",
                ["pending", "sending"] if "!" in scenario else ["pending", "sending", "unknown"],
            ):
                return
    raise TimeoutError("something is left to do")


async def cause(scope: Scope) -> None:
    """Do something in a transaction and say so; whoever is killed does it again, or has done it."""
    async with db.transaction():
        await db.execute("UPDATE users SET place = 'done' WHERE id = $1", scope.user_id)
        await outbox.write(
            scope,
            kind="digest",
            dedupe_key="the occasion",
            subject="",
            body="Ben is due",
            channel="sms",
            now=MONDAY,
        )


def _time(number: int) -> datetime:
    """Look every 3 s for the first minute, then every half minute."""
    seconds = 3 * number if number < 20 else 60 + 30 * (number - 20)
    return MONDAY + timedelta(seconds=seconds)


def _same(value: T) -> T:
    return value


def _is_early(now: datetime) -> bool:
    return now < MONDAY + timedelta(minutes=2)


def _child(folder: Path, scenario: str, point: str) -> None:
    os.environ[failpoints.VARIABLE] = point
    os.dup2(2, 1)  # what is logged is none of the answer
    asyncio.run(go_on(folder, scenario))


def main(folder: Path) -> None:
    """Answer each line by the child's exit code; that of a signal is negative."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _child(folder, *line.split())
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
