"""Keys one after the other, however fast they come.

Textual sends a key to whoever has the focus as it arrives, while what the key before it asked for
(a line to type into, a dialog) comes later. Over a slow line keys arrive in one piece: of `:queues`
the q would quit, and the letters of a filter would be taken for commands.
"""

import asyncio
from collections import deque
from contextlib import suppress

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.widget import Widget

# A key that asks for more than that is waited for no longer.
LIMIT_S = 1.0
# The action moves the focus by a message, or opens a dialog in a worker: each takes a round.
_ROUNDS = 3


class KeysInOrder(App[None]):
    """An app in which a key waits until the one before it has come to its end."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._held: deque[events.Key | events.Paste] = deque()
        self._following: asyncio.Task[None] | None = None

    async def on_event(self, event: events.Event) -> None:
        """Take a key now, or hold it while another one is under way."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._following is not None and not self._following.done():
            self._held.append(event)
            return
        taker = self.focused or self.screen
        await super().on_event(event)
        self._following = asyncio.create_task(self._follow(taker))

    async def _follow(self, taker: Widget) -> None:
        await self._settled(taker)
        while self._held and self.screen_stack:
            event, taker = self._held.popleft(), self.focused or self.screen
            await super().on_event(event)
            await self._settled(taker)

    async def _settled(self, taker: Widget) -> None:
        """Wait until a key has gone from `taker` up to the app, and what it led to is there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LIMIT_S):
                for node in taker.ancestors_with_self:
                    await _reached(node)
                for _ in range(_ROUNDS):
                    await asyncio.sleep(0)
                    await _reached(self)
                    if self.screen_stack:  # empty while the app ends
                        await _reached(self.screen)


async def _reached(pump: MessagePump) -> None:
    """Wait until `pump` has dealt with all messages that it has now."""
    reached = asyncio.Event()
    # One that is closing takes no more.
    if pump.call_later(reached.set):
        await reached.wait()
