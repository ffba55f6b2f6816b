"""Rotation by the worker. Safe to run twice, and to be killed at any point."""

from time import monotonic

from saq.types import Context

from server.keys import service, service_rotation
from server.lib.clock import utc_now

RUN_S = 600.0
"""A job goes on in the next one before the queue takes it for lost."""


async def rotate_keys(_ctx: Context) -> bool:
    """Go on with every rotation as far as it can go now; say whether the time ran out."""
    service.forget_boxes()
    end = monotonic() + RUN_S
    while monotonic() < end:
        if not await service_rotation.advance(now=utc_now()):
            return False
    return True
