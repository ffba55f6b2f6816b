"""What an admin does about alerts: read them, and say that they were seen."""

import secrets
from datetime import datetime
from uuid import UUID

from server.alerts import queries
from server.alerts.rules import AlertKind
from server.alerts.schemas import Acknowledged, AlertOut, AlertPage
from server.alerts.words import sentence_of
from server.audit import service as audit
from server.db import transaction
from server.lib.ids import uuid7
from server.lib.paging import ShortListQuery, page_of

SHOWN = 100
"""The newest; older ones are on the audit trail."""


async def list_alerts(query: ShortListQuery) -> AlertPage:
    """Return a page of the last hundred alerts, oldest first.

    Raises:
        BadInput: the cursor is not one that this list gave.
    """
    found = [
        AlertOut(**row, says=sentence_of(AlertKind(row["kind"])))
        for row in await queries.list_alerts_of_server(limit=SHOWN)
    ]
    items, next_cursor = page_of(found, query, lambda one: (one.at, one.id), datetime, UUID)
    return AlertPage(items=items, next_cursor=next_cursor)


async def acknowledge(*, up_to: datetime, actor_id: UUID | None, now: datetime) -> Acknowledged:
    """Let `/health` warn no more of the alerts up to an instant; they stay where they are.

    What is yet to come cannot be acknowledged: an instant after `now` counts as `now`.
    """
    up_to = min(up_to, now)
    async with transaction():
        rows = await queries.list_alerts_of_server(limit=SHOWN)
        seen = sum(row["at"] <= up_to and not row["is_acknowledged"] for row in rows)
        if seen:
            await queries.insert_acknowledgement_of_server(
                uuid7(), secrets.token_bytes(32), up_to=up_to
            )
            await audit.record(
                audit.SERVER_CHAIN,
                "alerts.acknowledged",
                actor_id=actor_id,
                details={"alerts": seen, "up_to": up_to.isoformat()},
                now=now,
            )
    return Acknowledged(acknowledged=seen)
