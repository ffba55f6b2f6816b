"""Shapes of users as admins see them: who they are and what is theirs, counted, never read."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from server.lib import cursors
from server.lib.fields import EmailText, Shape, Text
from server.lib.paging import MOST

ServerRole = Literal["admin", "member"]
UserState = Literal["active", "disabled", "closed"]
UserSort = Literal["newest", "oldest", "email", "name"]
Act = Literal[
    "disable",
    "enable",
    "role",
    "reset-password",
    "reset-mfa",
    "end-sessions",
    "export",
    "erase",
    "restore",
]

Counts = Annotated[dict[str, int], Field(examples=[{"sessions_ended": 2, "tokens_ended": 1}])]


class UsersQuery(Shape):
    """Which users, in which order, `limit` at a time."""

    q: Text | None = Field(
        None, max_length=100, description="Stands in the e-mail or the name, in any case."
    )
    role: ServerRole | None = None
    state: UserState | None = Field(None, description="`closed`: to be erased when grace is over.")
    sort: UserSort = "newest"
    limit: int = Field(50, ge=1, le=MOST)
    cursor: str | None = Field(
        None, max_length=cursors.MAX_LENGTH, description="`next_cursor` of the page before."
    )


class AdminUserOut(Shape):
    """A user of the server."""

    id: UUID
    household_id: UUID
    email: str
    name: str
    server_role: ServerRole
    household_role: Literal["owner", "member"]
    zone: str
    language: str
    is_test_user: bool
    created_at: datetime
    state: UserState = Field(description="`closed`: to be erased when grace is over.")
    disabled_at: datetime | None = Field(description="Since when nobody can sign in as them.")
    erased_from: datetime | None = Field(description="When a closed account will be erased.")
    has_mfa: bool = Field(description="They sign in with a second factor.")
    last_seen_at: datetime | None = Field(
        description="To a quarter of an hour, as long as their sessions are kept."
    )
    sessions: int = Field(description="Devices that are signed in.")


class AdminUserPage(Shape):
    """A page; `next_cursor` is null on the last one."""

    items: list[AdminUserOut]
    next_cursor: str | None


class UserChannelOut(Shape):
    """A way by which a user gets messages, or does not."""

    channel: Literal["sms", "email"]
    is_wanted: bool = Field(description="By their preferences.")
    is_verified: bool = Field(description="A phone by its code; the address they sign in with is.")
    stopped_at: datetime | None = Field(description="When they said STOP.")


class AdminUserDetailOut(AdminUserOut):
    """A user with all that hangs on them, counted."""

    household_name: str
    housemates: int = Field(description="Others of the household.")
    last_sign_in_at: datetime | None = Field(description="As long as the session is kept.")
    password_changed_at: datetime
    recovery_codes_left: int
    api_tokens: int = Field(description="That are good.")
    open_invitations: int
    channels: list[UserChannelOut]
    rows: Counts = Field(description="How much of each table is theirs; what is none is not here.")


class UserSessionOut(Shape):
    """A device that is signed in, or a console's session."""

    id: UUID
    user_agent: str
    address: str
    created_at: datetime
    last_used_at: datetime = Field(description="To a quarter of an hour.")
    expires_at: datetime
    has_mfa: bool = Field(description="A second factor was shown.")
    is_console: bool = Field(description="Made on the box by `catchup tokens console`.")


class UserSessionPage(Shape):
    """Sessions, newest first; `next_cursor` is null on the last page."""

    items: list[UserSessionOut]
    next_cursor: str | None


class PreviewQuery(Shape):
    """Which act."""

    act: Act
    role: ServerRole | None = Field(None, description="Of the act `role`.")
    shared: Literal["hand_over", "erase"] = Field("hand_over", description="Of the act `erase`.")


class PreviewOut(Shape):
    """What an act would touch; nothing has changed."""

    act: Act
    user_id: UUID
    email: str = Field(description="What is to be typed where an act asks for `confirm`.")
    code: str | None = Field(description="Why it would be refused; null: it would be done.")
    sentence: str = Field(examples=["2 sessions end; nobody can sign in as them."])
    touches: Counts = Field(description="What would change, counted.")


class ActOut(Shape):
    """What an act has touched."""

    act: Act
    user: AdminUserOut
    touched: Counts


class RoleIn(Shape):
    """What somebody may do on the server from now on."""

    role: ServerRole


class ResetPasswordIn(Shape):
    """How the link gets to who forgot the password."""

    by: Literal["mail", "link"] = Field(
        "mail", description="`mail`: to their address. `link`: in this reply, for you to hand over."
    )


class ResetPasswordOut(Shape):
    """A link by which a new password is chosen, once."""

    user_id: UUID
    by: Literal["mail", "link"]
    link: str | None = Field(description="Told once; null: it was mailed.")
    expires_at: datetime


class ConfirmIn(Shape):
    """The e-mail of the user, typed: so that it is not somebody else's account."""

    confirm: EmailText = Field(examples=["ana@example.org"])


class ExportIn(ConfirmIn):
    """Whose data, in which form."""

    format: Literal["json", "csv", "zip"] = "zip"


class EraseIn(ConfirmIn):
    """Whose account is closed, and what becomes of what they share."""

    shared: Literal["hand_over", "erase"] = Field(
        "hand_over",
        description="What the household sees of theirs: another member becomes its author, or it"
        " is erased with the rest.",
    )


class ConsoleOut(Shape):
    """A short-lived session of the box's own console, as `catchup tokens console` prints it."""

    url: str = Field(description="Where the server listens on its own machine.")
    token: str
    expires_at: datetime
    user: str = Field(description="The e-mail of the admin in whose name it acts.")
    scope: Literal["read", "write"]
