"""Shapes of the password reset's routes."""

from pydantic import Field

from server.lib.fields import EmailText, Shape
from server.users.schemas import NewPassword, Secret


class ResetIn(Shape):
    """Who has forgotten their password."""

    email: EmailText = Field(examples=["ana@example.org"])


class ResetAsked(Shape):
    """What everybody is told, whether there is such a user or not."""

    detail: str


class ResetConfirmIn(Shape):
    """The token that came by mail, and the password to be."""

    token: Secret = Field(examples=["cup_Zm9yIGV4YW1wbGUgb25seSwgbm90IGEgdG9rZW4gb2Y"])
    new_password: NewPassword
