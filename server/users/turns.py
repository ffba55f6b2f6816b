"""How many requests of one user run at once: a quarter of the pool, so that nobody takes it all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from server.errors import Unavailable

AT_ONCE = 5
WAIT_S = 4.0


@dataclass(slots=True)
class _Turns:
    """One user's requests; the entry goes with the last of them."""

    requests: int = 0
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))


_turns: dict[UUID, _Turns] = {}


@asynccontextmanager
async def turn_of(user_id: UUID) -> AsyncIterator[None]:
    """Run the block when fewer than 5 of this user's run in this process, first come first served.

    Fifty slow ones, or fifty that wait for one lock, would else hold every connection, and every
    other user would wait for them.

    Raises:
        Unavailable: `too_many_at_once`: it was not its turn for 4 s.
    """
    turns = _turns.setdefault(user_id, _Turns())
    turns.requests += 1
    try:
        await _wait(turns.free)
        try:
            yield
        finally:
            turns.free.release()
    finally:
        turns.requests -= 1
        if not turns.requests:
            del _turns[user_id]


async def _wait(free: asyncio.Semaphore) -> None:
    try:
        async with asyncio.timeout(WAIT_S):
            await free.acquire()
    except TimeoutError:
        raise Unavailable(
            "Too many of your requests run at once, and slowly; send fewer at a time.",
            code="too_many_at_once",
            retry_after_s=1,
        ) from None
