"""The watch over the audit trail and over messages. Each is safe to run twice."""

from saq.types import Context

from server.alerts import service, service_late
from server.lib.clock import utc_now


async def watch_audit(_ctx: Context) -> int:
    """Anchor the chains and raise alerts; return the number of new ones."""
    return await service.watch(now=utc_now())


async def verify_audit(_ctx: Context) -> int:
    """Verify every chain; return how many are not whole."""
    return await service.verify(now=utc_now())


async def watch_messages(_ctx: Context) -> int:
    """Tell the admins what is late; return the number of messages written."""
    return await service_late.watch(now=utc_now())
