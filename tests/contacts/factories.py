"""Contacts for tests, made as the API makes them."""

from datetime import datetime
from typing import Any

from server.contacts import service
from server.contacts.schemas import ContactIn
from server.contacts.schemas_out import ContactOut
from tests.factories import Member
from tests.times import MONDAY


async def make_contact(
    member: Member, name: str = "Ben", *, now: datetime = MONDAY, **fields: Any
) -> ContactOut:
    """Make a contact of `member`'s; `fields` are those of a request."""
    return (
        await service.create_contact(
            member.scope, ContactIn.model_validate({"name": name, **fields}), now=now
        )
    ).read()
