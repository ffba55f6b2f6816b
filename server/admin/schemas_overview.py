"""Shapes of the overview: is all well, what needs an admin, what ends soon."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.lib.fields import Shape

Status = Literal["ok", "warn", "fail"]


class PartCheckOut(Shape):
    """One check of a part; `detail` and `fix` are for admins and carry no secret."""

    name: str
    status: Status
    detail: str
    fix: str | None = Field(description="What to do; null while all is well.")


class NeedOut(Shape):
    """Something that waits for an admin, the most urgent first."""

    severity: Literal["warn", "fail"]
    code: str = Field(description="Stable.", examples=["jobs_failed"])
    sentence: str
    screen: str | None = Field(description="The screen of the dashboard that shows it.")
    id: str | None = Field(description="What it is about, there.")


class CountsOut(Shape):
    """How many of what."""

    users: int
    jobs_queued: int
    jobs_running: int
    jobs_failed: int
    messages_pending: int
    messages_failed: int
    messages_unknown: int
    alerts: int = Field(description="Not acknowledged.")


class ProcessOut(Shape):
    """A process of `catchup up`."""

    name: str
    pid: int
    cpu_percent: float = Field(description="Of one processor.")
    rss_bytes: int


class OverviewOut(Shape):
    """The server at one glance; `status` is the worst of the checks."""

    status: Status
    checks: list[PartCheckOut]
    needs_you: list[NeedOut]
    counts: CountsOut
    version: str
    commit: str | None
    mode: Literal["embedded", "box"]
    started_at: datetime
    processes: list[ProcessOut] = Field(description="Empty on a box: systemd has them.")


class ExpiryOut(Shape):
    """Something that ends, fills up or grows old."""

    kind: str = Field(examples=["certificate"])
    name: str
    status: Status
    ends_at: datetime | None = Field(description="Null: it has no date, see `sentence`.")
    sentence: str
    id: str | None


class ExpiriesOut(Shape):
    """What ends, the soonest first."""

    items: list[ExpiryOut]
