"""What happened at 03:00: the server's figures of the last seven days."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.lib.fields import Instant, Shape

MOST_SAMPLES = 1500
ProcessName = Literal["server", "worker"]


class SamplesQuery(Shape):
    """Which span, and how finely; by default the last three hours."""

    since: Instant | None = Field(None, alias="from", description="The earliest, inclusive.")
    until: Instant | None = Field(None, description="The end, exclusive; by default now.")
    step_s: int | None = Field(
        None,
        ge=10,
        le=86_400,
        description="Seconds that one sample stands for. It is more where the span is long or no"
        " finer samples are kept (10 s for 3 hours, 60 s for 2 days, 600 s for 7).",
    )
    process: ProcessName | None = Field(None, description="Only these; by default all together.")


class SampleOut(Shape):
    """`step_s` seconds from `at` on: of all processes together."""

    at: datetime
    cpu_percent: float = Field(description="Of one core.")
    memory_bytes: int
    requests_per_s: float
    latency_p50_ms: float | None = Field(description="Null: nobody asked anything.")
    latency_p95_ms: float | None
    queued: int | None = Field(description="Jobs that wait, at most; null: Redis was away.")
    running: int | None = Field(description="Jobs that run, at most.")
    messages_pending: int | None = Field(description="Messages that wait to leave, at most.")
    connections: int = Field(description="To the database, by our pools.")


class SamplesOut(Shape):
    """Oldest first; a step in which nothing was noted (the server was down) is left out."""

    since: datetime
    until: datetime
    step_s: int
    items: list[SampleOut]
