"""A durable mark right before each call to a provider that cannot be asked afterwards (ADR 0026).

A message that its sender had taken, and whose call was not marked, can be sent again at once.
"""

import asyncio
from uuid import UUID

from server.failpoints import Step, around
from server.messages import queries_sending
from server.messages.attempts import Attempt


class LeaseLost(Exception):
    """Somebody else may decide about the message by now: nothing may be handed over."""


class Marks:
    """Marks calls as begun: all that wait while a statement runs are in the next one."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting: dict[UUID, Attempt] = {}
        self._marked: set[UUID] = set()

    async def mark(self, attempt: Attempt) -> None:
        """Note that the call of an attempt begins; once it returns, the message may have left.

        Raises:
            LeaseLost: the message is not the caller's any more.
            OSError, asyncpg.PostgresError: the database is away.
        """
        message_id = attempt.message_id
        self._waiting[message_id] = attempt
        try:
            async with self._turn:
                if message_id in self._waiting:
                    await self._mark_waiting()
            if message_id not in self._marked:
                raise LeaseLost
        finally:
            self._waiting.pop(message_id, None)
            self._marked.discard(message_id)

    async def _mark_waiting(self) -> None:
        batch = dict(self._waiting)
        with around(Step.OUTBOX_MARK):
            marked = await queries_sending.mark_calls_of_server(
                list(batch), [attempt.token for attempt in batch.values()]
            )
        # Not before: who waits when a statement fails is in the next one.
        self._marked |= marked & self._waiting.keys()
        for message_id in batch:
            self._waiting.pop(message_id, None)
