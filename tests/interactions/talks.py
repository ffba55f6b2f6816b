"""Bodies and calls that the tests of interactions share."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server.interactions import service
from server.interactions.schemas import (
    InteractionIn,
    InteractionOut,
    InteractionPatch,
    InteractionsQuery,
)
from tests.factories import Member
from tests.times import MONDAY

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def logged(*contact_ids: UUID, at: datetime = MONDAY - HOUR, **more: Any) -> InteractionIn:
    return InteractionIn.model_validate(
        {"contact_ids": list(contact_ids), "kind": "call", "occurred_at": at, **more}
    )


def patch(**changes: Any) -> InteractionPatch:
    return InteractionPatch.model_validate(changes)


def query(**filters: Any) -> InteractionsQuery:
    return InteractionsQuery.model_validate(filters)


async def log(member: Member, *contact_ids: UUID, **more: Any) -> InteractionOut:
    return await service.create(member.scope, logged(*contact_ids, **more), now=MONDAY)
