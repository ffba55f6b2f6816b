"""Shapes of the invitation routes."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from server.lib.fields import EmailText, Shape


class InvitationIn(Shape):
    """Whom to invite; without an e-mail whoever has the token may come."""

    email: EmailText | None = Field(None, examples=["ben@example.org"])


class InvitationOut(Shape):
    """An invitation into the caller's household."""

    id: UUID
    email: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class InvitationCreated(InvitationOut):
    """A new invitation, with the token that this reply alone has."""

    token: str = Field(description="Send it as `invitation` to /api/auth/register.")


class InvitationPage(Shape):
    """A page of invitations, oldest first."""

    items: list[InvitationOut]
    next_cursor: str | None
