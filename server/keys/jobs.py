"""Rotation by the worker. Safe to run twice, and to be killed at any point."""

from time import monotonic

from saq.types import Context

from server.keys import service_rotation as service
from server.lib.clock import utc_now

RUN_S = 600.0
"""A job goes on in the next one before the queue takes it for lost."""


async def rotate_keys(_ctx: Context) -> bool:
    """Go on with every rotation as far as it can go now; say whether the time ran out."""
    service.read_ring_anew()
    end = monotonic() + RUN_S
    while monotonic() < end:
        if not await service.advance(now=utc_now()):
            return False
    return True
