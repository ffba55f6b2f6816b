"""A launcher to be killed: `python -m tests.embedded.launcher HOME MODE [without-setpriv]`.

Prints its URLs as one line of JSON when it is up, and runs until a signal.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import cast

from server.embedded import process
from server.embedded.binaries import Mode
from server.embedded.errors import EmbeddedError
from server.embedded.services import EmbeddedServices
from server.embedded.supervisor import run_until_signal
from tests.private_services import KILL_PROOF


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def no_setpriv() -> None:
    """Say that there is none, as on macOS."""


async def run(home: Path, mode: Mode) -> None:
    async with EmbeddedServices(home, say=say, mode=mode, settings=KILL_PROOF) as services:
        up = {"superuser_url": services.urls.superuser_url, "redis_url": services.urls.redis_url}
        sys.stdout.write(json.dumps(up) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> int:
    home, mode, *options = sys.argv[1:]
    if "without-setpriv" in options:
        process._setpriv = no_setpriv  # type: ignore[assignment]
    try:
        return run_until_signal(run(Path(home), cast("Mode", mode)), say)
    except EmbeddedError as error:
        say(error.detail)
        return 1


if __name__ == "__main__":
    sys.exit(main())
