"""What members see of their replies."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from server.lib import cursors
from server.lib.fields import Shape

State = Literal["received", "applied", "proposed", "ignored"]


class InboxQuery(Shape):
    """Which replies to list."""

    state: State | None = Field(
        default=None, description="`proposed`: only the notes that wait for you."
    )
    limit: int = Field(default=50, ge=1, le=1000)
    cursor: str | None = Field(
        default=None,
        max_length=cursors.MAX_LENGTH,
        description="`next_cursor` of the page before.",
    )


class InboxMessageOut(Shape):
    """One reply, as it came in."""

    id: UUID
    channel: Literal["sms", "email", "console"]
    text: str = Field(description="Without quotes and signature, if it came by e-mail.")
    state: State = Field(
        description="`received`: not handled yet; `applied`: it was a command; `proposed`: a note"
        " that waits for you; `ignored`: nothing came of it, or the note is settled."
    )
    outcome_code: str | None = Field(
        description="What came of it: `applied`, `partly_applied`, `applied_with_note`, `undone`,"
        " `help`, `stopped`, `started`, `note`, `note_dismissed`, `unclear`, `which_code`,"
        " `nothing_open`, `unknown`, `failed` (by a fault of ours) and others.",
        examples=["applied"],
    )
    received_at: datetime
    handled_at: datetime | None


class InboxPage(Shape):
    """A page of replies, newest first."""

    items: list[InboxMessageOut]
    next_cursor: str | None
