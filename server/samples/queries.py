"""Statements on samples. They are about the server, and about nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server import db
from server.db import Row
from server.lib.ids import uuid7
from server.lib.latency import PLACES
from server.samples.rules import SPAN_S


@dataclass(frozen=True, slots=True)
class Noted:
    """What one process noted in ten seconds; `latency_counts`: as `metrics.take_latency_counts`."""

    process: str
    at: datetime
    cpu_percent: float
    memory_bytes: int
    latency_counts: Sequence[int]
    queued: int | None
    running: int | None
    connections: int


# Of several rows together: each counts for the share of the step that it stands for.
_TOGETHER = """sum(p.cpu_percent * p.span_s) / {step} AS cpu_percent,
    (sum(p.memory_bytes * p.span_s) / {step})::bigint AS memory_bytes,
    sum(p.requests)::int AS requests, max(p.queued) AS queued, max(p.running) AS running,
    max(p.messages_pending) AS messages_pending,
    ceil(sum(p.connections * p.span_s) / {step}::float)::int AS connections"""


# A histogram of several: each place summed by its number, which is far less work than to unnest
# the places into rows and to group those.
_HISTOGRAM = "CASE WHEN count(p.latency_counts) > 0 THEN ARRAY[{}] END AS latency_counts".format(
    ", ".join(f"coalesce(sum(p.latency_counts[{place}]), 0)::int" for place in range(1, PLACES + 1))
)


async def insert_sample_of_server(noted: Noted) -> None:
    """Keep one, with how many messages wait now."""
    requests = sum(noted.latency_counts)
    await db.execute(
        """INSERT INTO samples (id, process, at, span_s, cpu_percent, memory_bytes, requests,
                latency_counts, queued, running, connections, messages_pending)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                (SELECT count(*) FROM outbox_messages WHERE state IN ('pending', 'sending'))""",
        uuid7(),
        noted.process,
        noted.at,
        SPAN_S,
        noted.cpu_percent,
        noted.memory_bytes,
        requests,
        list(noted.latency_counts) if requests else None,
        noted.queued,
        noted.running,
        noted.connections,
    )


async def list_samples_of_server(
    *, since: datetime, until: datetime, step_s: int, process: str | None
) -> list[Row]:
    """Return `at` and the figures of all processes together, for each step that has any."""
    return await db.fetch(
        f"""SELECT date_bin($3 * interval '1 s', p.at, 'epoch') AS at,
                {_TOGETHER.format(step="$3")}, {_HISTOGRAM}
            FROM samples p
            WHERE p.at >= $1 AND p.at < $2 AND ($4::text IS NULL OR p.process = $4)
            GROUP BY 1 ORDER BY 1""",
        since,
        until,
        step_s,
        process,
    )


async def put_together_of_server(*, before: datetime, span_s: int) -> int:
    """Make samples of `span_s` out of finer ones before an instant; return the number made.

    One statement, so that a kill loses nothing. `before` is a whole step of `span_s`.
    """
    return await db.execute(
        f"""WITH p AS (
                DELETE FROM samples WHERE at < $1 AND span_s < $2
                RETURNING date_bin($2 * interval '1 s', at, 'epoch') AS step, *),
            rows AS (
                SELECT p.step, p.process, {_TOGETHER.format(step="$2")}, {_HISTOGRAM}
                FROM p GROUP BY p.step, p.process)
            INSERT INTO samples (id, at, span_s, process, cpu_percent, memory_bytes, requests,
                    queued, running, messages_pending, connections, latency_counts)
                SELECT gen_random_uuid(), step, $2, process, cpu_percent, memory_bytes, requests,
                    queued, running, messages_pending, connections, latency_counts
                FROM rows""",
        before,
        span_s,
    )


async def delete_samples_of_server(*, before: datetime) -> int:
    """Delete those before an instant; return the number."""
    return await db.execute("DELETE FROM samples WHERE at < $1", before)
