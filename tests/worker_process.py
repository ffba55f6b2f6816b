"""A worker in a process of its own, hurried, with a function that tests can watch and kill.

Run as `python -m tests.worker_process QUEUE`; settings come from the environment.
"""

import asyncio
import sys
from pathlib import Path

from saq.types import Context

from server import config, queue, worker


async def leave_mark(ctx: Context, *, file: str, seconds: str) -> None:
    """Write each step to `file`; the first try takes `seconds`, a later one no time."""
    path = Path(file)
    attempt = ctx["job"].attempts
    with path.open("a") as marks:
        marks.write(f"began {attempt}\n")
    if attempt == 1:
        await asyncio.sleep(float(seconds))
    with path.open("a") as marks:
        marks.write(f"ended {attempt}\n")


def main(name: str) -> None:
    """Run the worker on the queue `name`."""
    queue.NAME = name
    worker.SWEEP_S, worker.PULSE_S, worker.GRACE_S = 1, 0.2, 2
    worker.FUNCTIONS = (*worker.FUNCTIONS, leave_mark)
    asyncio.run(worker.run_worker(config.load()))


if __name__ == "__main__":
    main(sys.argv[1])
