"""Shapes of second factors and sessions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from server.lib.fields import Shape, absent
from server.users.schemas import Password

Code = Annotated[
    str,
    Field(
        pattern=r"^[0-9A-Za-z][0-9A-Za-z -]{4,38}[0-9A-Za-z]$",
        max_length=40,
        description="Six digits of the authenticator app, or a recovery code.",
        examples=["123456"],
    ),
]


class ChallengeOut(Shape):
    """The password fits; a code at /api/auth/mfa/verify completes the sign-in."""

    challenge: str = Field(description="Good for one sign-in and a few attempts.")
    expires_at: datetime


class VerifyIn(Shape):
    """The challenge that signing in answered, and a code."""

    challenge: str = Field(
        min_length=1, max_length=200, pattern=r"^[!-~]+$", examples=["cmc_unknown"]
    )
    code: Code


class MfaOut(Shape):
    """The state of one's second factor."""

    is_on: bool
    is_required: bool = Field(description="Admins have no admin rights without one.")
    recovery_codes_left: int


class TotpBegun(Shape):
    """What an authenticator app needs, told only now; not in force before it is confirmed."""

    secret: str = Field(description="Base32, for typing.")
    uri: str = Field(description="The same as an `otpauth:` address, for a QR code.")


class ConfirmTotpIn(Shape):
    """The first code of a new authenticator app."""

    code: Code


class RecoveryCodesOut(Shape):
    """Codes that stand in for the app, each once; told only now."""

    recovery_codes: list[str]


class DisableIn(Shape):
    """Password and code: nobody turns a second factor off with half of it."""

    password: Password
    code: Code


class StepUpIn(Shape):
    """A code for who has a second factor, else the password."""

    code: Code = absent()
    password: Password = absent()

    @model_validator(mode="after")
    def _one(self) -> "StepUpIn":
        if len(self.model_fields_set) != 1:
            raise ValueError("give either code or password")
        return self


class Proven(Shape):
    """Until when acts that cannot be taken back are open to this session."""

    proven_until: datetime


class SessionOut(Shape):
    """A device that is signed in."""

    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_used_at: datetime = Field(description="To a quarter of an hour.")
    expires_at: datetime
    has_mfa: bool = Field(description="A second factor was shown.")
    is_console: bool = Field(description="Opened by who runs the server, on its own machine.")
    is_current: bool = Field(description="The session that asks.")


class SessionPage(Shape):
    """Sessions, newest first."""

    items: list[SessionOut]
    next_cursor: str | None
