"""Shapes of the suggestion routes."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from server.lib.fields import ExactText, Instant, LongText, Shape, Whole
from server.suggestions.states import SNOOZE_MAX_DAYS, SNOOZE_MIN_DAYS

State = Literal["pending", "accepted", "dismissed", "snoozed", "expired", "confirmed", "missed"]


class SuggestionQuery(Shape):
    """Which suggestions to list."""

    state: Literal[State, "open"] | None = Field(
        None, description="One state, or `open`: pending, snoozed and accepted. Default: all."
    )
    contact: UUID | None = Field(None, description="Only those about this contact.")
    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = Field(None, max_length=500)


class DismissIn(Shape):
    """Why not."""

    reason: ExactText = Field(
        min_length=1,
        max_length=500,
        description="`met_too_recently`, `not_relevant`, `bad_timing`, `never_suggest`,"
        " or your own words.",
        examples=["bad_timing"],
    )
    met_at: Instant | None = Field(
        None, description="With `met_too_recently`: when you last met; the cadence counts from it."
    )


class SnoozeIn(Shape):
    """How long to hide it; a second snooze replaces the first."""

    days: Whole = Field(ge=SNOOZE_MIN_DAYS, le=SNOOZE_MAX_DAYS, examples=[7])


class ConfirmIn(Shape):
    """Whether it happened."""

    happened: bool = Field(strict=True)
    occurred_at: Instant | None = Field(None, description="When, if not at the slot's start.")
    notes: LongText | None = None


class ContactRef(Shape):
    """Whom a suggestion is about."""

    id: UUID
    name: str
    nickname: str | None
    zone: str | None = Field(description="The contact's IANA zone; null: not known.")


class ReasonOut(Shape):
    """One stored factor.

    The weights of all add up to the score, which orders suggestions and is not a grade: show
    `text`.
    """

    code: str
    weight: float
    data: dict[str, Any]
    as_of: date = Field(description="The date of the data it came from.")
    text: str = Field(description="In plain words.")


class SuggestionOut(Shape):
    """A prompt to get in touch: with whom, when, how and why."""

    id: UUID
    trigger: Literal["timebound", "shared_activity", "important_date"]
    kind: Literal["individual", "group"]
    state: State
    contacts: list[ContactRef]
    way: Literal["in_person", "call"]
    slot_start: datetime | None = Field(description="null while snoozed.")
    slot_end: datetime | None
    slot_zone: str = Field(description="The user's IANA zone when the slot was chosen.")
    score: float
    reasons: list[ReasonOut]
    snoozed_until: datetime | None
    dismissed_reason: str | None
    dismissed_note: str | None = Field(description="Own words of who dismissed it.")
    interaction_id: UUID | None = Field(description="The interaction that confirming wrote.")
    created_at: datetime
    updated_at: datetime
    version: int


class SuggestionList(Shape):
    """A page of suggestions."""

    items: list[SuggestionOut]
    next_cursor: str | None


class GeneratedOut(Shape):
    """What a pass did."""

    items: list[SuggestionOut] = Field(description="All that is pending now, by slot.")
    next_cursor: None = None
    created: int = Field(description="How many of them are new.")
    open_count: int = Field(description="Open suggestions of the user now.")
    waiting: dict[str, int] = Field(
        description="How many contacts were not suggested, by the first reason against each."
    )


class AcceptedOut(Shape):
    """An accepted suggestion and a message to send to the contact, if you like."""

    suggestion: SuggestionOut
    draft_message: str


class DismissedOut(Shape):
    """A dismissed suggestion; `question` asks for what would help."""

    suggestion: SuggestionOut
    question: str | None = Field(
        description="`met_at`: say when you last met, by logging an interaction."
    )


class BlockerOut(Shape):
    """One thing that keeps a contact from being suggested now."""

    code: str
    data: dict[str, Any]
    text: str


class WhyOut(Shape):
    """Why a contact is, or is not, suggested now."""

    contact_id: UUID
    would_be_suggested: bool
    blockers: list[BlockerOut]
    reasons: list[ReasonOut] = Field(description="What would speak for it.")
    suggestion_id: UUID | None = Field(description="The user's open suggestion, if there is one.")
    due_on: date | None = Field(description="When the cadence runs out; null: no cadence.")
    last_contacted_at: datetime | None
    cadence_days: int | None
    cadence_source: Literal["contact", "circle", "group", "default"]
    slot_start: datetime | None = Field(description="The slot it would get.")
    slot_end: datetime | None
