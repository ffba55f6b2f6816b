"""The job that handles replies."""

from typing import Any

from server.lib.clock import utc_now
from server.replies import service


async def handle_replies(_ctx: dict[str, Any]) -> int:
    """Handle every reply that waits; return their number. Safe to run twice, and to be lost."""
    handled = 0
    while True:
        turns = await service.handle_batch(now=utc_now())
        handled += turns
        if turns < service.BATCH:
            return handled
