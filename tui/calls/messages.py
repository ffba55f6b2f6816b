"""The routes of messages, typed."""

from datetime import datetime
from uuid import UUID

from server.admin.schemas_messages import MessageOut, MessagePage, MessageTraceOut, RetryIn
from tui.api import AdminApi


async def list_messages(
    api: AdminApi,
    *,
    state: str | None = None,
    kind: str | None = None,
    channel: str | None = None,
    user: str | None = None,
    since: datetime | None = None,
    sort: str | None = None,
    limit: int = 100,
    cursor: str | None = None,
) -> MessagePage:
    """Read a page of messages, by age."""
    asked = {"state": state, "kind": kind, "channel": channel, "user": user, "since": since}
    return await api.get(
        "/messages", MessagePage, {**asked, "sort": sort, "limit": limit, "cursor": cursor}
    )


async def trace_message(api: AdminApi, message_id: UUID) -> MessageTraceOut:
    """Read one message from its cause to its reply."""
    return await api.get(f"/messages/{message_id}", MessageTraceOut)


async def retry_message(api: AdminApi, message_id: UUID, *, confirm: bool) -> MessageOut:
    """Send a message again; `confirm`: although it may arrive a second time."""
    return await api.act(
        "POST", f"/messages/{message_id}/retry", MessageOut, RetryIn(confirm=confirm)
    )
