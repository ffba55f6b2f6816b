"""Requests and replies about the audit trail."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from server.lib import cursors
from server.lib.fields import Instant, Shape
from server.lib.paging import Age

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A filter, no object of somebody's: an id that nobody has finds nothing.
IdText = Annotated[
    str, Field(pattern=f"^{_UUID}$", examples=["0198f2a4-7b1c-7d3e-8f4a-5b6c7d8e9f01"])
]


class SecurityEventsQuery(Shape):
    """Which entries: newest first, `limit` at a time."""

    action: str | None = Field(
        None,
        pattern="^[a-z_]+([.][a-z_]+)*$",
        max_length=60,
        description="One action, or its first words: `user` finds `user.signed_in`.",
        examples=["user.signed_in"],
    )
    from_: Instant | None = Field(None, alias="from", description="The earliest, inclusive.")
    to: Instant | None = Field(None, description="Before this instant.")
    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = Field(
        None, max_length=cursors.MAX_LENGTH, description="`next_cursor` of the page before."
    )


class AuditQuery(SecurityEventsQuery):
    """Which entries of the server, in which order, `limit` at a time."""

    sort: Age = "newest"

    chain: str | None = Field(
        None,
        pattern=f"^(server|{_UUID})$",
        description="`server`, or the id of a household.",
        examples=["server"],
    )
    actor: IdText | None = Field(None, description="The id of the user who did it.")
    subject: IdText | None = Field(None, description="The id of what it was done to.")


class SecurityEventOut(Shape):
    """One entry: who did what to which object, when. Ids, counts and codes only."""

    id: UUID
    action: str
    actor_id: UUID | None = Field(description="A user; null: nobody signed in, or the console.")
    subject_kind: str | None
    subject_id: UUID | None
    at: datetime
    address: str | None = Field(description="Of the client; null: none was kept, or it is erased.")
    details: dict[str, Any]


class AuditEntryOut(SecurityEventOut):
    """One entry and its place in the trail."""

    chain: str = Field(description="`server`, or the id of a household.")
    sequence: int = Field(ge=1, description="Gap-free within its chain.")
    hash: str = Field(description="In hexadecimal digits.")


class SecurityEventsPage(Shape):
    """A page; `next_cursor` is null on the last one."""

    items: list[SecurityEventOut]
    next_cursor: str | None


class AuditPage(Shape):
    """A page; `next_cursor` is null on the last one."""

    items: list[AuditEntryOut]
    next_cursor: str | None
