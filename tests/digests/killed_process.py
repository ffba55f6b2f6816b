"""Writes what is due in processes that a failpoint kills.

Run as `python -m tests.digests.killed_process`: for each failpoint on standard input it forks, so
that nothing is loaded twice; the child writes, and the parent says how it ended.
"""

import asyncio
import os
import sys
import traceback

from server import config, db, failpoints
from server.digests import service, service_notices
from server.keys import server_keys
from tests.digests.people import SATURDAY, SUNDAY


async def write_all() -> None:
    """Do all that a Sunday's nine o'clock asks for."""
    async with db.pool(config.settings(), max_size=2):
        await server_keys.start(now=SUNDAY)
        await service_notices.tell_at_once(now=SATURDAY)
        await service_notices.ask(now=SUNDAY)
        await service.write_due(now=SUNDAY)


def _child(point: str) -> None:
    os.environ[failpoints.VARIABLE] = point
    asyncio.run(write_all())


def main() -> None:
    """Answer each line by the child's exit code; that of a signal is negative."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _child(line.strip())
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
