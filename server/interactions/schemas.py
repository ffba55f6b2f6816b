"""Shapes of the interaction routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from server.interactions.rules import Kind, State
from server.lib.fields import Instant, LongText, Shape, absent

Visibility = Literal["private", "household"]


def _each_once(value: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(value))


ContactIds = Annotated[
    list[UUID],
    Field(min_length=1, max_length=50, description="Who took part; a repeated id counts once."),
    AfterValidator(_each_once),
]
OccurredAt = Annotated[
    Instant, Field(description="When it took or will take place.", examples=["2026-03-01T18:30Z"])
]
Notes = Annotated[LongText | None, Field(description="Seen by whoever sees the interaction.")]


class InteractionIn(Shape):
    """A whole interaction. Without a state: past = `confirmed`, future = `planned`."""

    contact_ids: ContactIds
    kind: Kind
    occurred_at: OccurredAt
    state: State | None = None
    notes: Notes = None
    visibility: Visibility = "private"


class InteractionPatch(Shape):
    """What shall change; what is left out stays."""

    contact_ids: ContactIds = absent()
    kind: Kind = absent()
    occurred_at: OccurredAt = absent()
    state: State = absent()
    notes: Notes = absent()
    visibility: Visibility = absent()


class InteractionOut(Shape):
    """One talk or meeting; `contact_ids` leaves out contacts that the reader cannot see."""

    id: UUID
    user_id: UUID = Field(description="The author; only they may change it.")
    visibility: Visibility
    kind: Kind
    state: State
    contact_ids: list[UUID]
    occurred_at: datetime
    notes: str | None
    suggestion_id: UUID | None = Field(description="The suggestion that it came of.")
    created_at: datetime
    updated_at: datetime
    version: int


class ContactInteractionsQuery(Shape):
    """Which interactions of one contact: newest first, `limit` at a time."""

    state: State | None = None
    from_: Instant | None = Field(None, alias="from", description="The earliest, inclusive.")
    to: Instant | None = Field(None, description="Before this instant.")
    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = Field(None, max_length=2048)


class InteractionsQuery(ContactInteractionsQuery):
    """Which interactions: newest first, `limit` at a time."""

    contact: UUID | None = Field(None, description="Only those with this contact.")


class InteractionsPage(Shape):
    """A page; `next_cursor` is null on the last one."""

    items: list[InteractionOut]
    next_cursor: str | None
