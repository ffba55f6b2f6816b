"""Shapes of the samples: what the server has been doing, for graphs."""

from datetime import datetime

from pydantic import Field

from server.lib.fields import Instant, Shape


class SamplesQuery(Shape):
    """Which span, in steps of how long; the default is the last hour."""

    from_: Instant | None = Field(None, alias="from", description="The earliest, inclusive.")
    until: Instant | None = Field(None, description="Before this instant.")
    step_s: int = Field(10, ge=10, le=86_400, description="Seconds that one sample stands for.")


class SampleOut(Shape):
    """What all processes did in one step; null: not known."""

    at: datetime = Field(description="Where the step begins.")
    cpu_percent: float | None = Field(description="Of one processor, of all processes together.")
    rss_bytes: int | None = Field(description="Of all processes together.")
    requests_per_s: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    queue_depth: int | None = Field(description="Jobs that wait.")
    jobs_running: int | None
    messages_pending: int | None
    database_connections: int | None


class SamplesOut(Shape):
    """Samples, oldest first; steps of which nothing is known are left out."""

    step_s: int
    items: list[SampleOut]
