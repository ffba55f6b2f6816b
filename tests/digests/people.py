"""Users with something to be told, for tests of digests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server import db
from server.keys import service as keys
from server.preferences import service as preferences
from server.preferences.schemas import NotificationsIn
from tests.factories import Member
from tests.rows import insert_contact, insert_suggestion
from tests.times import MONDAY

DAY, HOUR, MINUTE, WEEK = (
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(weeks=1),
)

SUNDAY = datetime(2026, 3, 1, 8, tzinfo=UTC)
"""09:00 in Berlin: the digest of who has set nothing."""
SATURDAY = SUNDAY - DAY
WRITTEN = [("2026-03-01", "written", None)]
"""What `digests_of` tells of a user whose digest of SUNDAY was written."""

REASONS = [
    {
        "code": "cadence_reached",
        "weight": 250.0,
        "data": {
            "cadence_days": 30,
            "source": "contact",
            "inherited_from": None,
            "last_on": "2026-01-10",
        },
        "as_of": "2026-03-01",
    }
]


async def suggest(member: Member, at: datetime, *, name: str = "Ana Ortiz", **values: Any) -> UUID:
    """Insert a suggestion about a contact of its own."""
    contact_id = await insert_contact(member, name=name)
    return await insert_suggestion(
        member, contact_id, slot_start=at, **{"reasons": REASONS, **values}
    )


async def messages_of(member: Member) -> list[dict[str, Any]]:
    """Return the user's messages, opened, in the order of their making."""
    box = await keys.box(member.scope.household_id)
    rows = await db.fetch(
        "SELECT * FROM outbox_messages WHERE user_id = $1 ORDER BY created_at, id",
        member.scope.user_id,
    )
    return [
        {
            **row,
            "subject": box.open_if("outbox_messages", "subject", row["id"], row["subject"]),
            "body": box.open("outbox_messages", "body", row["id"], row["body"]),
            "html": box.open_if("outbox_messages", "html", row["id"], row["html"]),
        }
        for row in rows
    ]


async def digests_of(member: Member) -> list[tuple[str, str, str | None]]:
    """Return date, state and reason of the user's digests, by date."""
    rows = await db.fetch(
        "SELECT local_date, state, reason FROM digests WHERE user_id = $1 ORDER BY local_date",
        member.scope.user_id,
    )
    return [(row["local_date"].isoformat(), row["state"], row["reason"]) for row in rows]


async def move(member: Member, **values: str) -> None:
    """Change the user's zone or language."""
    for column, value in values.items():
        await db.execute(
            f"UPDATE users SET {column} = $2 WHERE id = $1", member.scope.user_id, value
        )


async def prefer(member: Member, **values: Any) -> None:
    await preferences.put_notifications(
        member.scope, NotificationsIn(**values), expected=None, now=MONDAY
    )


async def next_of(member: Member) -> Any:
    return await db.fetch_value(
        "SELECT next_at FROM digest_schedules WHERE user_id = $1", member.scope.user_id
    )
