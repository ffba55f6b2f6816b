"""Shapes of the auth routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, TypeAdapter

from server.lib.fields import EmailText, Shape, Text, Zone, absent
from server.users.passwords import LONGEST, SHORTEST


def _password(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    if "\0" in value:
        raise ValueError("contains a null byte")
    return value


NewPassword = Annotated[
    str, Field(min_length=SHORTEST, max_length=LONGEST), AfterValidator(_password)
]
Password = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_password)]


Language = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        description="BCP 47 tag.",
        examples=["en"],
    ),
]


def check_new_password(password: str) -> None:
    """Raise pydantic's ValidationError when nobody may choose this password."""
    TypeAdapter(NewPassword).validate_python(password)


Secret = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
"""A token of ours as a client sends it back."""


class RegisterIn(Shape):
    """A new user; the first one becomes admin."""

    email: EmailText = Field(examples=["ana@example.org"])
    password: NewPassword = Field(examples=["correct horse battery staple"])
    name: Text = Field("", max_length=255, examples=["Ana"])
    zone: Zone = Field(
        "UTC", description="IANA zone of the wall clock.", examples=["Europe/Berlin"]
    )
    place: Text | None = Field(None, max_length=255, examples=["Berlin"])
    language: Language = "en"
    household_name: Text = Field("", max_length=255)
    invitation: Secret | None = Field(
        None,
        description="The token of an invitation: the new user joins its maker's household.",
        examples=["cui_Zm9yIGV4YW1wbGUgb25seSwgbm90IGEgdG9rZW4gb2Y"],
    )


class ProfilePatch(Shape):
    """What the user corrects about themselves; what is left out stays."""

    name: Text = absent(max_length=255, examples=["Ana"])
    zone: Zone = absent(description="IANA zone of the wall clock.", examples=["Europe/Berlin"])
    place: Text | None = absent(max_length=255, examples=["Berlin"])
    language: Language = absent()


class LoginIn(Shape):
    """E-mail and password."""

    email: EmailText
    password: Password
    earlier_token: Secret | None = Field(
        None,
        description="The last `refresh_token` that this device had, or the token of a password"
        " reset just made. It opens nothing; but a device known by it keeps tries of its own while"
        " somebody else uses up the account's.",
        examples=["cur_Zm9yIGV4YW1wbGUgb25seSwgbm90IGEgdG9rZW4gb2Y"],
    )


class RefreshIn(Shape):
    """A refresh token, good for one use."""

    refresh_token: Secret


class ChangePasswordIn(Shape):
    """The password in use and the new one."""

    current_password: Password
    new_password: NewPassword
    keep_tokens: bool = Field(
        False,
        description="Keep API tokens and open invitations; else they end: whoever had the old"
        " password may have made some.",
    )


class UserOut(Shape):
    """A user."""

    id: UUID
    household_id: UUID
    email: str
    name: str
    server_role: Literal["admin", "member"]
    household_role: Literal["owner", "member"]
    zone: str
    place: str | None
    language: str
    is_test_user: bool
    created_at: datetime
    version: int


class UserListed(UserOut):
    """A user, as the box's own command line lists them."""

    disabled_at: datetime | None = Field(
        description="When they were disabled, or closed their account."
    )


class SignedIn(Shape):
    """A fresh session: send `token` as `Authorization: Bearer …`."""

    user: UserOut
    token: str
    refresh_token: str
    expires_at: datetime = Field(description="When `token` expires.")
