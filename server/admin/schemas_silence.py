"""Why a user got nothing: coded reasons, each with a sentence."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from server.lib.fields import Shape


class SilenceReasonOut(Shape):
    """One fact that explains a silence, or breaks it."""

    code: str = Field(examples=["nothing_to_say"])
    detail: str | None = Field(description="A code that says more, of the outbox or a provider.")
    sentence: str = Field(examples=["The digest of 2026-03-01 had nothing to say."])
    at: datetime | None = Field(description="When it happened or will; null: it holds now.")
    channel: str | None
    message_id: UUID | None = Field(description="`GET /api/admin/messages/{id}` says more.")


class SilenceOut(Shape):
    """Why a user got nothing: what holds now, then what happened, newest first."""

    user_id: UUID
    reasons: list[SilenceReasonOut]
