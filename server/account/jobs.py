"""Jobs of closed accounts."""

from typing import Any

from server.account import service_erase
from server.lib.clock import utc_now


async def erase_accounts(_ctx: dict[str, Any]) -> int:
    """Erase everybody whose grace is over; return their number. Safe to run twice."""
    return await service_erase.erase_due(now=utc_now())
