"""Rows written straight into tables, for tests below and beside the services."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server import db
from server.lib.ids import uuid7
from tests.factories import Member
from tests.times import MONDAY


async def insert(table: str, **values: Any) -> UUID:
    """Insert one row with exactly these values and an id; return the id."""
    values = {"id": uuid7(), **values}
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await db.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values()
    )
    return UUID(str(values["id"]))


async def insert_own(table: str, owner: Member, **values: Any) -> UUID:
    """Insert one row of a user's; see `insert`."""
    mine = {"household_id": owner.scope.household_id, "user_id": owner.scope.user_id}
    return await insert(table, **{**mine, **values})


async def insert_contact(owner: Member, **values: Any) -> UUID:
    """Insert a contact: private unless said otherwise."""
    name = values.setdefault("name", "Ben")
    return await insert_own(
        "contacts",
        owner,
        **{
            "name_key": name.lower(),
            "search_key": name.lower(),
            "created_at": MONDAY,
            "updated_at": MONDAY,
            **values,
        },
    )


async def insert_suggestion(
    owner: Member, *contact_ids: UUID, slot_start: datetime | None = MONDAY, **values: Any
) -> UUID:
    """Insert a suggestion with a slot of half an hour: pending unless said otherwise."""
    suggestion_id = await insert_own(
        "suggestions",
        owner,
        **{
            "trigger": "timebound",
            "slot_start": slot_start,
            "slot_end": slot_start and slot_start + timedelta(minutes=30),
            "slot_zone": "Europe/Berlin",
            "reasons": [],
            "created_at": MONDAY,
            "updated_at": MONDAY,
            **values,
        },
    )
    for contact_id in contact_ids:
        await insert_own(
            "suggestion_contacts", owner, suggestion_id=suggestion_id, contact_id=contact_id
        )
    return suggestion_id
