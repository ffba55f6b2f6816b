"""What belongs to an event loop: a process has one loop, but for tests and commands."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Holds what `make` gives, for the event loop that runs; that of a loop before is dropped."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._kept: tuple[asyncio.AbstractEventLoop, T] | None = None

    def get(self) -> T:
        """Return this loop's, made at its first use."""
        loop = asyncio.get_running_loop()
        if self._kept is None or self._kept[0] is not loop:
            self._kept = loop, self._make()
        return self._kept[1]

    def take(self) -> T | None:
        """Return this loop's for its caller to close, if there is one, and hold nothing more."""
        kept, self._kept = self._kept, None
        return kept[1] if kept and kept[0] is asyncio.get_running_loop() else None
