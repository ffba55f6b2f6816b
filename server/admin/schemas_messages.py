"""Shapes of the messages' routes: ids, codes and times. An admin reads nobody's letters."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from server.audit.schemas import IdText
from server.lib import cursors
from server.lib.fields import Instant, Shape
from server.lib.paging import MOST, Age

MessageState = Literal[
    "pending", "sending", "accepted", "delivered", "failed", "unknown", "suppressed"
]


class MessagesQuery(Shape):
    """Which messages, in which order, `limit` at a time."""

    state: MessageState | None = None
    kind: str | None = Field(None, pattern="^[a-z_]+$", max_length=30, examples=["digest"])
    channel: Literal["sms", "email"] | None = None
    user: IdText | None = Field(None, description="The id of the user whom it is for.")
    since: Instant | None = Field(None, description="The earliest, inclusive.")
    sort: Age = "newest"
    limit: int = Field(50, ge=1, le=MOST)
    cursor: str | None = Field(
        None, max_length=cursors.MAX_LENGTH, description="`next_cursor` of the page before."
    )


class MessageOut(Shape):
    """One message to a user: where it is and why, not what it says."""

    id: UUID
    household_id: UUID
    user_id: UUID = Field(description="Whom it is for.")
    kind: str
    channel: str
    state: MessageState = Field(
        description="`accepted`: by the provider; `failed`: refused, or returned, which may happen"
        " after it was `delivered`; `unknown`: perhaps sent, so not sent again by"
        " itself; `suppressed`: not to be sent."
    )
    code: str | None = Field(
        description="Why it waits or is suppressed, or what the last attempt met."
    )
    is_urgent: bool = Field(description="Quiet hours do not hold it.")
    cause_kind: str | None = Field(description="What made us write it.")
    cause_id: UUID | None
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None = Field(description="Null: none is to come.")
    expires_at: datetime = Field(description="It does not leave after this.")
    provider: str | None
    provider_id: str | None = Field(description="The provider's own name for it.")
    sent_at: datetime | None = Field(description="When the provider accepted it.")
    delivered_at: datetime | None
    segments: int | None = Field(description="Of an SMS: what the provider bills.")
    cost_micros: int | None = Field(description="Millionths of the account's currency.")
    text: str | None = Field(
        description="Only of what the console channel printed anyway; null: not for admins."
    )


class MessagePage(Shape):
    """A page; `next_cursor` is null on the last one."""

    items: list[MessageOut]
    next_cursor: str | None


class MessageSuggestionOut(Shape):
    """A suggestion that the message speaks of."""

    id: UUID
    trigger: str
    state: str
    code: int | None = Field(description="The short code that a reply names it by.")
    created_at: datetime
    slot_start: datetime | None
    closed_at: datetime | None


class MessageDigestOut(Shape):
    """The digest that the message is."""

    id: UUID
    local_date: date = Field(description="On the user's calendar.")
    due_at: datetime
    written_at: datetime
    state: str
    listed: int = Field(description="Suggestions in it.")


class MessageAttemptOut(Shape):
    """One attempt to hand the message to a provider."""

    number: int
    started_at: datetime
    ended_at: datetime | None = Field(description="Null: it is under way, or its sender died.")
    outcome: str | None = Field(description="`again`: to be repeated.")
    code: str | None


class MessageEventOut(Shape):
    """What a provider said of the message later."""

    provider: str
    kind: str
    code: str | None = Field(description="Why it was not delivered: `bounce_5.1.1`, say.")
    at: datetime
    received_at: datetime


class MessageReplyOut(Shape):
    """Something that the user sent us; an admin does not read it."""

    id: UUID
    channel: str
    state: str
    code: str | None = Field(description="What came of it.")
    received_at: datetime
    handled_at: datetime | None


class MessageTraceOut(Shape):
    """A message from its cause to its reply."""

    message: MessageOut
    answers: MessageReplyOut | None = Field(description="The reply that it is the receipt of.")
    suggestions: list[MessageSuggestionOut]
    digest: MessageDigestOut | None
    attempts: list[MessageAttemptOut]
    events: list[MessageEventOut]
    replies: list[MessageReplyOut] = Field(
        description="What came by its channel before the next message that can be answered."
    )


class RetryIn(Shape):
    """Whether to send again what has perhaps been sent."""

    confirm: bool = Field(
        False, description="Needed for an `unknown` message: it may arrive a second time."
    )
