"""The routes of users, typed."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from server.admin.schemas_silence import SilenceOut
from server.admin.schemas_users import (
    ActOut,
    AdminUserDetailOut,
    AdminUserPage,
    PreviewOut,
    ResetPasswordOut,
    UserSessionPage,
)
from tui.api import AdminApi

# For each part of an export; photos may come from storage that takes its time.
EXPORT_WAIT_S = 60


class InvitationCreated(BaseModel):
    """An invitation with its token; its shape on the server is not one of the admin's."""

    token: str
    expires_at: datetime


async def list_users(
    api: AdminApi,
    *,
    q: str | None = None,
    role: str | None = None,
    state: str | None = None,
    sort: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> AdminUserPage:
    """Read a page of users."""
    asked = {"q": q, "role": role, "state": state, "sort": sort}
    return await api.get("/users", AdminUserPage, {**asked, "limit": limit, "cursor": cursor})


async def get_user(api: AdminApi, user_id: UUID) -> AdminUserDetailOut:
    """Read a user with all that hangs on them, counted."""
    return await api.get(f"/users/{user_id}", AdminUserDetailOut)


async def list_sessions(api: AdminApi, user_id: UUID, *, limit: int = 50) -> UserSessionPage:
    """Read the devices on which a user is signed in, newest first."""
    return await api.get(f"/users/{user_id}/sessions", UserSessionPage, {"limit": limit})


async def why_silent(api: AdminApi, user_id: UUID) -> SilenceOut:
    """Read why a user got nothing."""
    return await api.get(f"/users/{user_id}/why-silent", SilenceOut)


async def preview(
    api: AdminApi, user_id: UUID, act: str, *, role: str | None = None, shared: str | None = None
) -> PreviewOut:
    """Read what an act would touch; changes nothing."""
    asked = {"act": act, "role": role, "shared": shared}
    return await api.get(f"/users/{user_id}/preview", PreviewOut, asked)


async def act(api: AdminApi, user_id: UUID, name: str, body: dict[str, str] | None) -> ActOut:
    """Do something to a user."""
    if name == "end-sessions":
        return await api.act("DELETE", f"/users/{user_id}/sessions", ActOut)
    return await api.act("POST", f"/users/{user_id}/{name}", ActOut, body)


async def end_session(api: AdminApi, user_id: UUID, session_id: UUID) -> ActOut:
    """Sign a user out on one device."""
    return await api.act("DELETE", f"/users/{user_id}/sessions/{session_id}", ActOut)


async def export(api: AdminApi, user_id: UUID, email: str, into: Callable[[bytes], object]) -> None:
    """Read everything that is a user's, as a ZIP; raises what `into` raises, too."""
    body = {"confirm": email, "format": "zip"}
    await api.download(f"/users/{user_id}/export", body, into, timeout_s=EXPORT_WAIT_S)


async def reset_password(
    api: AdminApi, user_id: UUID, by: Literal["mail", "link"]
) -> ResetPasswordOut:
    """Make a link for a new password; `link`: the reply has it, this once."""
    return await api.act("POST", f"/users/{user_id}/reset-password", ResetPasswordOut, {"by": by})


async def invite(api: AdminApi, email: str | None) -> InvitationCreated:
    """Invite somebody into one's household; the reply alone has the token."""
    return await api.act("POST", "/invitations", InvitationCreated, {"email": email})
