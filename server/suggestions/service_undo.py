"""Taking an answer to a suggestion back (ADR 0030)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from server import versions
from server.db import Row, savepoint, transaction
from server.errors import Conflict, NotFound
from server.interactions import service as interactions
from server.lib.scope import Scope
from server.suggestions import queries, states
from server.suggestions.states import State


@dataclass(frozen=True, slots=True)
class Before:
    """How a suggestion was before it was answered."""

    state: State
    slot_start: datetime | None
    slot_end: datetime | None
    snoozed_until: datetime | None


class NoWayBack(Conflict):
    """409: an answer cannot be taken back; `code` says why.

    `changed` (something else happened to it since), `too_late` (its time has come), `taken` (its
    time, or its contact, has another suggestion meanwhile).
    """


async def hold(scope: Scope, suggestion_id: UUID) -> Row:
    """Lock a suggestion and return it, with `contacts`, as it is.

    Raises:
        NotFound: nobody in `scope` has it.
    """
    row = await queries.get_suggestion(scope, suggestion_id, lock=True)
    if row is None:
        raise NotFound
    return row


def before(row: Row) -> Before:
    """Return what an undo needs to know of a suggestion."""
    return Before(State(row["state"]), row["slot_start"], row["slot_end"], row["snoozed_until"])


async def take_back(
    scope: Scope, suggestion_id: UUID, *, left_as: State, was: Before, now: datetime
) -> Row:
    """Make a suggestion again what it was; return it. What a "yes, we met" logged goes, too.

    Raises:
        NotFound: nobody in `scope` has it. NoWayBack.
    """
    async with transaction():
        row = await hold(scope, suggestion_id)
        refusal = states.check_way_back(
            State(row["state"]), left_as, was.state, was.slot_start, now
        )
        if refusal:
            raise NoWayBack("This answer cannot be taken back any more.", code=refusal)
        try:
            async with savepoint():
                await queries.restore(
                    scope,
                    suggestion_id,
                    was.state,
                    slot_start=was.slot_start,
                    slot_end=was.slot_end,
                    snoozed_until=was.snoozed_until,
                    now=now,
                )
        except (asyncpg.ExclusionViolationError, asyncpg.UniqueViolationError):
            raise NoWayBack(
                "Its time, or its contact, has another suggestion now.", code="taken"
            ) from None
        if left_as is State.CONFIRMED and row["interaction_id"] is not None:
            await interactions.delete(scope, row["interaction_id"], expected=None)
        await versions.changed([scope], "suggestions")
        return await hold(scope, suggestion_id)
