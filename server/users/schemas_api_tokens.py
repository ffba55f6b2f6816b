"""Shapes of the routes of API tokens."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from server.lib.fields import Length, Shape, Text, Whole
from server.users.permissions import NEVER_LENT, Permission

LONGEST_DAYS = 365
LONGEST_GRACE_MINUTES = 60


def _lent(value: Permission) -> Permission:
    if value in NEVER_LENT:
        raise ValueError("is for sessions only: a token can neither change nor export the account")
    return value


Days = Annotated[Whole, Field(ge=1, le=LONGEST_DAYS, description="Days that it is good for.")]


class TokenIn(Shape):
    """A token for a program, with no more rights than it needs."""

    name: Annotated[Text, Length(1, 100)] = Field(examples=["backup script"])
    scopes: list[Annotated[Permission, AfterValidator(_lent)]] = Field(
        min_length=1,
        max_length=len(Permission),
        description="What it may do: any right of yours but account:write and account:export.",
        examples=[["contacts:read"]],
    )
    expires_in_days: Days = 90


class TokenRenewal(Shape):
    """How a token gets a new secret."""

    grace_minutes: Whole = Field(
        10,
        ge=0,
        le=LONGEST_GRACE_MINUTES,
        description="How long the secret before stays good.",
    )
    expires_in_days: Days = 90


class TokenOut(Shape):
    """A token, without its secret."""

    id: UUID
    name: str
    scopes: list[Permission]
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute.")
    expires_at: datetime


class TokenCreated(TokenOut):
    """A token with its secret, which this reply alone has."""

    token: str = Field(description="Send it as `Authorization: Bearer …`.")


class TokenPage(Shape):
    """A page of tokens, oldest first."""

    items: list[TokenOut]
    next_cursor: str | None
