"""The server's history: read at the fineness that is asked for, and thinned as it grows old."""

from datetime import datetime
from itertools import pairwise

from server.db import Row
from server.samples import queries
from server.samples.rules import KEPT, floor


async def list_samples(
    *, since: datetime, until: datetime, step_s: int, process: str | None = None
) -> list[Row]:
    """Return the figures of each step that has any, oldest first.

    Columns: at, cpu_percent (of a core), memory_bytes, requests, latency_counts, queued, running,
    messages_pending, connections; of all processes together, or those called `process`.
    """
    return await queries.list_samples_of_server(
        since=since, until=until, step_s=step_s, process=process
    )


async def thin(*, now: datetime) -> int:
    """Put old samples together, and delete what is too old; return the number of rows touched.

    Safe to run twice, at the same time too, and to be killed.
    """
    touched = 0
    for (_, kept), (coarser_s, _) in pairwise(KEPT):
        before = floor(now - kept, coarser_s)
        touched += await queries.put_together_of_server(before=before, span_s=coarser_s)
    return touched + await queries.delete_samples_of_server(before=now - KEPT[-1][1])
