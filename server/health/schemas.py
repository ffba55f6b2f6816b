"""What anybody may know of the server's health: no version, no address, nobody's data."""

from datetime import datetime
from typing import Literal

from server.lib.fields import Shape


class CheckOut(Shape):
    """One check; `reason` is a stable code, given unless all is well."""

    status: Literal["ok", "warn", "fail"]
    reason: str | None


class ReplicaOut(CheckOut):
    """A read replica, `lag_s` seconds behind; null when nobody can tell."""

    lag_s: float | None


class HealthOut(Shape):
    """All checks; `status` is the worst of theirs, `uptime` is in seconds."""

    status: Literal["ok", "warn", "fail"]
    timestamp: datetime
    uptime: int
    checks: dict[str, ReplicaOut | CheckOut]


class LiveOut(Shape):
    """The process answers."""

    status: Literal["ok"]
