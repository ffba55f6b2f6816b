"""The route of the log, typed."""

from datetime import datetime

from server.admin.schemas_logs import LogPage
from tui.api import AdminApi


async def list_lines(
    api: AdminApi,
    *,
    level: str | None = None,
    process: str | None = None,
    q: str | None = None,
    until: datetime | None = None,
    sort: str | None = None,
    limit: int = 200,
    after: str | None = None,
    before: str | None = None,
) -> LogPage:
    """Read lines, oldest first: the newest, those `before` a place, or those `after` one."""
    asked = {"level": level, "process": process, "q": q, "until": until, "sort": sort}
    return await api.get(
        "/logs", LogPage, {**asked, "limit": limit, "after": after, "before": before}
    )
