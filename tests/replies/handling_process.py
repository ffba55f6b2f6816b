"""Handles what waits in processes that a failpoint kills.

Run as `python -m tests.replies.handling_process`: for each failpoint on standard input it forks;
the child handles one batch, and the parent says how it ended. Settings come from the environment.
"""

import asyncio
import os
import sys
import traceback

from server import config, db, failpoints, queue, wiring
from server.keys import server_keys
from server.replies import service
from tests.times import MONDAY


async def handle() -> None:
    """Be a worker's job."""
    wiring.connect()
    async with db.pool(config.settings(), max_size=2):
        await server_keys.start(now=MONDAY)
        await service.handle_batch(now=MONDAY)
    await queue.close()


def main() -> None:
    """Answer each line by the child's exit code; that of a signal is negative."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                os.environ[failpoints.VARIABLE] = line.strip()
                asyncio.run(handle())
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
