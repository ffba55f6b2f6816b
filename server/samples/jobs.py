"""The upkeep of samples. Safe to run twice."""

from saq.types import Context

from server.lib.clock import utc_now
from server.samples import service


async def thin_samples(_ctx: Context) -> int:
    """Put old samples together; return the number of rows touched."""
    return await service.thin(now=utc_now())
