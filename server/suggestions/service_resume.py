"""A snoozed suggestion that its user wants after all, before its snooze is over (ADR 0030)."""

from datetime import datetime
from uuid import UUID

import asyncpg

from server import versions
from server.db import savepoint, transaction
from server.errors import Conflict
from server.lib.intervals import Interval
from server.lib.scope import Scope
from server.suggestions import generation, queries, queries_pass
from server.suggestions.service_undo import hold
from server.suggestions.states import State


async def resume(
    scope: Scope, suggestion_id: UUID, *, former: Interval | None, now: datetime
) -> None:
    """Make a snoozed suggestion pending: at the `former` time if that is ahead and free, else anew.

    Raises:
        NotFound: nobody in `scope` has it.
        Conflict: `suggestion_not_open`: it is not snoozed; `no_time`: no time is free.
    """
    async with transaction():
        row = await hold(scope, suggestion_id)
        if row["state"] != State.SNOOZED:
            raise Conflict("This suggestion is not snoozed.", code="suggestion_not_open")
        if former is None or not await _back_at(scope, suggestion_id, former, now=now):
            slot = await generation.fresh_slot(scope, suggestion_id, now=now)
            if slot is None:
                raise Conflict("No time is free for this suggestion.", code="no_time")
            await queries.restore(
                scope, suggestion_id, State.SNOOZED, slot_start=None, slot_end=None,
                snoozed_until=now, now=now,
            )  # fmt: skip
            woken = {
                "id": suggestion_id,
                "state": State.PENDING.value,
                "slot_start": slot.slot.start,
                "slot_end": slot.slot.end,
                "slot_zone": row["slot_zone"],
                "way": slot.way.value,
            }
            await queries_pass.update_reviewed([scope], [woken], now=now)
        await versions.changed([scope], "suggestions")


async def _back_at(scope: Scope, suggestion_id: UUID, slot: Interval, *, now: datetime) -> bool:
    if slot.start <= now:
        return False
    try:
        async with savepoint():
            await queries.restore(
                scope, suggestion_id, State.PENDING, slot_start=slot.start, slot_end=slot.end,
                snoozed_until=None, now=now,
            )  # fmt: skip
    except asyncpg.ExclusionViolationError:  # another one has that time
        return False
    return True
