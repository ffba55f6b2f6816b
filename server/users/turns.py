"""How much of one user's is under way at once, so that nobody takes what all share."""

import asyncio
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from server.errors import Unavailable

Kind = Literal["requests", "keyed writes", "uploads", "bodies"]
"""What runs: any request; those with an Idempotency-Key, which hold a connection and one of the
few turns that all users share, however slow they are; those with a file, from its first byte on;
and other bodies until they are here, so that what arrives slowly holds no turn of a request."""

AT_ONCE: dict[Kind, int] = {"requests": 5, "keyed writes": 1, "uploads": 5, "bodies": 25}
WAIT_S: dict[Kind, float] = {"requests": 4.0, "keyed writes": 10.0, "uploads": 4.0, "bodies": 4.0}


@dataclass(slots=True)
class _Turns:
    """One user's turns of a kind; the entry goes with the last of them."""

    free: asyncio.Semaphore
    wanted: int = 0


_turns: dict[tuple[UUID, Kind], _Turns] = {}


class turn_of:  # noqa: N801  # reads as the block that it is
    """Run the block when fewer than `AT_ONCE` of this user's run in this process, in their order.

    Fifty slow requests, or fifty that wait for one lock, would else hold every connection, and
    every other user would wait for them.

    Raises:
        Unavailable: `too_many_at_once`: it was not its turn for `WAIT_S`.
    """

    __slots__ = ("_mine", "_turns")

    def __init__(self, user_id: UUID, kind: Kind = "requests") -> None:
        self._mine = user_id, kind

    async def __aenter__(self) -> None:
        kind = self._mine[1]
        turns = _turns.get(self._mine)
        if turns is None:
            turns = _turns[self._mine] = _Turns(asyncio.Semaphore(AT_ONCE[kind]))
        self._turns = turns
        turns.wanted += 1
        try:
            await _wait(turns.free, kind)
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._turns.free.release()
        self._leave()

    def _leave(self) -> None:
        self._turns.wanted -= 1
        if not self._turns.wanted:
            del _turns[self._mine]


async def _wait(free: asyncio.Semaphore, kind: Kind) -> None:
    if not free.locked():
        await free.acquire()  # at once
        return
    try:
        async with asyncio.timeout(WAIT_S[kind]):
            await free.acquire()
    except TimeoutError:
        raise Unavailable(
            f"Too many of your {kind} run at once, and slowly; send fewer at a time.",
            code="too_many_at_once",
            retry_after_s=1,
        ) from None
