"""Shapes of the feed routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from server.lib.fields import Length, Shape, Text, absent

Detail = Literal["full", "hidden"]
FeedName = Annotated[
    Text,
    Length(1, 100),
    Field(description="The device or program that reads it.", examples=["Ana's phone"]),
]


class FeedIn(Shape):
    """A calendar to subscribe to."""

    name: FeedName
    detail: Detail = Field(
        default="full", description="`hidden`: every event is called just `Catch up`."
    )
    include_pending: StrictBool = Field(
        default=True, description="Show suggestions that are not accepted yet, as tentative."
    )


class FeedPatch(Shape):
    """The fields to change; the address stays."""

    name: FeedName = absent()
    detail: Detail = absent()
    include_pending: StrictBool = absent()


class FeedOut(Shape):
    """A feed, without its address, which only its making tells."""

    id: UUID
    name: str
    detail: Detail
    include_pending: bool
    created_at: datetime
    last_read_at: datetime | None = Field(
        description="A time that it was read, at most an hour before its last reading: of the"
        " readings within an hour only the first is noted."
    )
    version: int


class FeedCreated(FeedOut):
    """A new feed with its address."""

    url: str = Field(
        description="Subscribe to this; it is told only now, and works until the feed is revoked."
    )


class FeedPage(Shape):
    """One page of feeds, by name."""

    items: list[FeedOut]
    next_cursor: str | None
