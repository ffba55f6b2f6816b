"""The first look of an admin: how the server is, and what waits for somebody."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.lib.fields import Shape

Severity = Literal["info", "warn", "fail"]
Screen = Literal[
    "overview", "queues", "messages", "users", "keys", "audit", "logs", "integrations", "settings"
]


class OverviewCheckOut(Shape):
    """One look at a part, as `catchup doctor` has it; for admins only."""

    name: str = Field(examples=["database"])
    status: Literal["ok", "warn", "fail"]
    reason: str | None = Field(description="A stable code; null while all is well.")
    detail: str
    fix: str | None = Field(description="What to do.")


class NeedOut(Shape):
    """One thing that waits for somebody, the worst first."""

    severity: Severity
    code: str = Field(examples=["jobs_failed"])
    sentence: str = Field(examples=["2 jobs failed for good: look, then retry or forget them."])
    screen: Screen = Field(description="Where it is looked after.")
    id: str | None = Field(description="Of what, where it is about one thing.")


class JobCountsOut(Shape):
    """Jobs; of the queue null while Redis does not answer."""

    queued: int | None
    running: int | None
    failed: int = Field(description="For good, and not looked after since.")


class MessageCountsOut(Shape):
    """Messages by where they are."""

    pending: int = Field(description="Those that wait and those that leave now.")
    failed: int
    unknown: int = Field(description="Perhaps sent: somebody has to say.")


class CountsOut(Shape):
    """How many there are of what."""

    users: int
    users_disabled: int
    jobs: JobCountsOut
    messages: MessageCountsOut
    alerts: int = Field(description="Not acknowledged.")


class ProcessOut(Shape):
    """One process of `catchup up`."""

    name: str = Field(examples=["worker"])
    pid: int
    is_running: bool
    cpu_percent: float | None = Field(description="Of one core, since the look before.")
    memory_bytes: int | None
    started_at: datetime | None


class OverviewOut(Shape):
    """How the server is; `status` is the worst of the checks'."""

    status: Literal["ok", "warn", "fail"]
    checks: list[OverviewCheckOut]
    needs_you: list[NeedOut]
    counts: CountsOut | None = Field(description="Null while the database does not answer.")
    version: str
    commit: str | None = Field(description="Of the source, where it is known.")
    mode: Literal["embedded", "box"] = Field(
        description="`embedded`: `catchup up` runs all of it; `box`: units of systemd do."
    )
    started_at: datetime = Field(description="When this process began to serve.")
    processes: list[ProcessOut] = Field(description="In embedded mode; else systemd knows.")
