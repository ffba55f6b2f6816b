"""Rotates one purpose's keys, three rows a batch, in processes that a failpoint kills.

Run as `python -m tests.keys.rotation_process`: for each line `PURPOSE POINT` on standard input it
forks, so that nothing is loaded twice; the child rotates, and the parent says how it ended. The
settings come from the environment, as any server's do.
"""

import asyncio
import os
import sys
import traceback

from server import config, db, failpoints, queue
from server.cli import keys_master
from server.keys import (
    master_rotation,
    rewriting,
    server_keys,
    service_ring,
    service_rotation,
    service_signing,
)
from server.lib.clock import utc_now
from tests.keys.sealed_rows import finish


async def rotate(purpose: str) -> None:
    """Begin a rotation, or go on with the one that is open, without any wait."""
    async with db.pool(config.settings(), max_size=2):
        await server_keys.start(now=utc_now())
        match purpose:
            case "master":
                await _rotate_master()
            case "revoke":
                keys = await service_ring.list_keys(purpose="jwt", state="active", limit=1)
                await service_signing.revoke(keys[0]["id"], now=utc_now())
            case _:
                now = utc_now()
                await service_rotation.begin(purpose, now=now)
                await finish(now)
    await queue.close()


async def _rotate_master() -> None:
    file = config.env_file()
    await master_rotation.announce(lambda key: keys_master.write_next(file, key), now=utc_now())
    await master_rotation.activate(now=utc_now())
    await master_rotation.rewrap(now=utc_now())
    keys_master.swap(file)


def _child(purpose: str, point: str) -> None:
    os.environ[failpoints.VARIABLE] = point
    asyncio.run(rotate(purpose))


def main() -> None:
    """Answer each line by the child's exit code; that of a signal is negative."""
    rewriting.BATCH = master_rotation.BATCH = 3
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                _child(*line.split())
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
