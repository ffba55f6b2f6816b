"""Calendar work in the background."""

from typing import Any

from server.calendars import service_expand, service_refresh
from server.lib.clock import utc_now


async def expand_calendars(ctx: dict[str, Any]) -> int:
    """Bring all calendars' occurrences to today's window; return how many calendars moved.

    Once a day; safe to run twice.
    """
    return await service_expand.expand_calendars(now=utc_now())


async def refresh_calendars(ctx: dict[str, Any]) -> int:
    """Fetch every calendar link that is due; return how many were tried.

    Every five minutes; each link is due every 30. Safe to run twice, at the same time too.
    """
    return await service_refresh.refresh_due(clock=utc_now)
