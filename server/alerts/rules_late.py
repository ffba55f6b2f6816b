"""When a message is late, and what its being late is like."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

PATIENCE = timedelta(minutes=15)
ENDED_SHOWN = timedelta(hours=24)
"""How long a message that will not leave by itself counts as late."""
LONGEST_LIFE = timedelta(days=8)
"""No message waits for longer than the outbox's own life, a week."""
HELD = ("quiet_hours",)
"""Reasons of the outbox for which a message rightly waits."""


@dataclass(frozen=True, slots=True)
class Late:
    """Messages of one channel that are late for the same reason, the oldest due at `since`."""

    channel: Literal["sms", "email"] | None
    """None: digests that are due and not even written."""
    state: str
    code: str | None
    messages: int
    since: datetime
