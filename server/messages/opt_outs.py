"""STOP and START: who wants no messages on a channel gets none.

STOP by SMS holds for everything but what goes to another number (its verification); a word of
leave for e-mail does not hold what the account itself needs (a password reset, an alert).
"""

from datetime import datetime

from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import queries
from server.outbox.service import ChannelName


async def stop(scope: Scope, channel: ChannelName, *, now: datetime) -> bool:
    """Send a user no more on a channel; say whether that changed anything."""
    return await queries.stop(scope, uuid7(), channel, now=now)


async def start(scope: Scope, channel: ChannelName, *, now: datetime) -> bool:
    """Send a user messages again; say whether that changed anything."""
    return await queries.start(scope, channel, now=now)


async def is_stopped(scope: Scope, channel: ChannelName) -> bool:
    """Say whether a user said STOP to a channel, and not START since."""
    return await queries.is_stopped(scope, channel)
