"""Fakes as processes: `python -m tests.fakes.<name> --port … --ledger FILE`."""

import argparse
import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self

from tests.fakes.script import Script


class Fake(Protocol):
    """What can be run."""

    script: Script

    @property
    def url(self) -> str:
        """Where it listens."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *_: object) -> None: ...


def run(name: str, make: Callable[[argparse.Namespace], Fake]) -> None:
    """Run a fake until SIGTERM or SIGINT; its first line of output says where it listens."""
    parser = argparse.ArgumentParser(description=f"A fake {name}, with a ledger.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drop", type=float, default=0.0, help="Share taken, line dropped.")
    parser.add_argument("--list-lag", type=float, default=0.0, help="Seconds (Twilio).")
    parser.add_argument("--call-back", action="store_true", help="Call webhooks back.")
    parser.add_argument("--webhook", help="Where events go (SendGrid).")
    parser.add_argument("--key", type=Path, help="PEM file that signs events (SendGrid).")
    given = parser.parse_args()
    asyncio.run(_serve(make(given), given.drop))


async def _serve(fake: Fake, drop: float) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if drop:
        fake.script.sometimes("accept_then_drop", drop)
    async with fake:
        print(f"listening on {fake.url}", flush=True)
        await stop.wait()
