"""The server's history in the shapes of the API."""

from datetime import datetime, timedelta

from server.admin.schemas_samples import MOST_SAMPLES, SampleOut, SamplesOut, SamplesQuery
from server.db import Row
from server.errors import BadInput, FieldError
from server.lib.latency import quantile_ms
from server.samples import rules, service

SHOWN = timedelta(hours=3)


async def list_samples(query: SamplesQuery, *, now: datetime) -> SamplesOut:
    """Return the samples of a span, of whole steps; the step that is under way is not among them.

    Raises:
        BadInput: `empty_span`: it ends before it begins.
    """
    until = min(query.until or now, now)
    since = query.since or until - SHOWN
    if since >= until:
        raise BadInput(
            "The span ends before it begins.",
            fields=[FieldError("from", "empty_span", "must lie before until, and in the past")],
        )
    wanted = max(query.step_s or rules.SPAN_S, rules.finest_s(since, now=now))
    step_s = rules.step_s(since, until, wanted_s=wanted, most=MOST_SAMPLES)
    since, until = rules.floor(since, step_s), rules.floor(until, step_s)
    rows = await service.list_samples(
        since=since, until=until, step_s=step_s, process=query.process
    )
    return SamplesOut(
        since=since, until=until, step_s=step_s, items=[_sample(row, step_s) for row in rows]
    )


def _sample(row: Row, step_s: int) -> SampleOut:
    return SampleOut(
        at=row["at"],
        cpu_percent=round(row["cpu_percent"], 1),
        memory_bytes=row["memory_bytes"],
        requests_per_s=round(row["requests"] / step_s, 2),
        latency_p50_ms=quantile_ms(row["latency_counts"], 0.5),
        latency_p95_ms=quantile_ms(row["latency_counts"], 0.95),
        queued=row["queued"],
        running=row["running"],
        messages_pending=row["messages_pending"],
        connections=row["connections"],
    )
