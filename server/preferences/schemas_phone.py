"""Shapes of the phone that a user verifies."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from server.lib.fields import Length, Shape, Text


def _digits(value: str) -> str:
    return "".join(char for char in value if char not in " -")


class OwnPhoneIn(Shape):
    """The number to send a code to."""

    phone: Annotated[Text, Length(3, 50)] = Field(
        description="As people write it; without a country code it is read as a number of the"
        " country of the user's zone.",
        examples=["+49 1512 3456789"],
    )


class PhoneCodeIn(Shape):
    """The code that came by SMS."""

    code: Annotated[Text, Length(1, 20), AfterValidator(_digits)] = Field(examples=["123456"])


class PhonePending(Shape):
    """A number that a code was sent to, and which waits for it."""

    phone: str = Field(description="E.164.")
    expires_at: datetime
    tries_left: int = Field(ge=0)


class OwnPhoneOut(Shape):
    """The user's own phone; nobody else is shown it."""

    phone: str | None = Field(description="Verified, E.164; null: none.")
    verified_at: datetime | None
    pending: PhonePending | None = Field(description="Null: no code is waited for.")
