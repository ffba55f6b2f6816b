"""A worker in a process of its own whose patience is short, so that a test need not wait for it.

What it waits for is the same: a call under way, a provider's list that lags. Leases are as long as
ever: on a busy machine a shorter one would run out by itself.
"""

import asyncio
from datetime import timedelta

from server import config, worker
from server.messages import rules


def main() -> None:
    """Run it until SIGTERM."""
    rules.CALL_LIMIT_S = 8.0
    rules.LIST_LAG = timedelta(seconds=2)
    rules.LOOK_AGAIN = timedelta(seconds=1)
    rules.DOUBT_LIMIT = timedelta(seconds=4)
    asyncio.run(worker.run_worker(config.load()))


if __name__ == "__main__":
    main()
