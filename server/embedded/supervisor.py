"""Keeps children running in the foreground, in order, until told to stop."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

from server.embedded.child import Child
from server.embedded.errors import EmbeddedError

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A child that ran this long had started well: its next fall is a new story.
STEADY_S = 60.0


class Supervisor:
    """Starts children, starts each again when it dies, and stops all in reverse order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[Child] = []
        self._watches: list[asyncio.Task[None]] = []

    async def start(self, child: Child) -> None:
        """Start `child` and look after it from then on.

        Raises:
            EmbeddedError: its first start failed; later ones are tried again.
        """
        if child not in self._children:
            self._children.append(child)
        await child.start()
        self._watches.append(asyncio.create_task(self._watch(child)))

    async def stop(self) -> None:
        """Stop all children, the last started first."""
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        self._watches.clear()
        while self._children:
            await self._children.pop().stop()

    async def _watch(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        pause_s, started = FIRST_PAUSE_S, loop.time()
        while True:
            code = await child.wait()
            if loop.time() - started > STEADY_S:
                pause_s = FIRST_PAUSE_S
            self._say(f"{child.name} {_how_it_ended(code)}; starting it again in {pause_s:g} s.")
            await asyncio.sleep(pause_s)
            pause_s, started = min(pause_s * 2, LONGEST_PAUSE_S), loop.time()
            try:
                await child.start()
            except EmbeddedError as error:
                self._say(error.detail)
            else:
                self._say(f"{child.name} runs again.")


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def run_until_signal(body: Coroutine[Any, Any, None], say: Callable[[str], None]) -> int:
    """Run `body` to its end, or cancel it at the first Ctrl-C, SIGTERM or lost terminal.

    Later signals are ignored while `body` cleans up: every child has a limited time to stop.
    Returns 0, or 128 plus the signal's number, as shells do.
    """
    return asyncio.run(_until_signal(body, say))


async def _until_signal(body: Coroutine[Any, Any, None], say: Callable[[str], None]) -> int:
    loop = asyncio.get_running_loop()
    task = loop.create_task(body)
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not received:
            say(f"Stopping ({number.name}).")
            task.cancel()
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # nohup: to outlive the terminal is what was asked for
        loop.add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        if not received:
            raise
    return 128 + received[0] if received else 0
