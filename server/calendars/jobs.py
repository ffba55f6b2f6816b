"""Calendar work in the background."""

from typing import Any

from server.calendars import service_expand
from server.lib.clock import utc_now


async def expand_calendars(ctx: dict[str, Any]) -> int:
    """Bring all calendars' occurrences to today's window; return how many calendars moved.

    Once a day; safe to run twice.
    """
    return await service_expand.expand_calendars(now=utc_now())
