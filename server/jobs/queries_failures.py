"""Statements on jobs that were given up. None belongs to one user: a job carries ids only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row

_COLUMNS = "id, function, job_key, payload, attempts, error_code, failed_at, retry_asked_at"
# `$1` function, `$2` error_code, `$3` part of the key or of an id.
_WANTED = """resolved_at IS NULL AND ($1::text IS NULL OR function = $1)
    AND ($2::text IS NULL OR error_code = $2)
    AND ($3::text IS NULL OR strpos(job_key, $3) > 0 OR strpos(payload::text, $3) > 0)"""

Filter = tuple[str | None, str | None, str | None]
"""function, error_code, part of the key or of an id."""


async def list_failures_of_server(
    wanted: Filter, *, after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return what was given up and is not settled, newest first, after (failed_at, id)."""
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM job_failures
            WHERE {_WANTED} AND ($4::timestamptz IS NULL OR (failed_at, id) < ($4, $5))
            ORDER BY failed_at DESC, id DESC LIMIT $6""",
        *wanted,
        *(after or (None, None)),
        limit,
    )


async def find_failure(failure_id: UUID) -> Row | None:
    """Return one that is not settled."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM job_failures WHERE id = $1 AND resolved_at IS NULL", failure_id
    )


async def count_failures_of_server(wanted: Filter) -> list[Row]:
    """Return function and jobs of what a filter finds."""
    return await db.fetch(
        f"""SELECT function, count(*) AS jobs FROM job_failures
            WHERE {_WANTED} GROUP BY function ORDER BY function""",
        *wanted,
    )


async def count_unsettled_of_server() -> list[int]:
    """Return how many wait for somebody, and how many of them were asked for again."""
    [row] = await db.fetch(
        """SELECT count(*) AS failed, count(retry_asked_at) AS retrying FROM job_failures
            WHERE resolved_at IS NULL"""
    )
    return [row["failed"], row["retrying"]]


async def ask_for_retry_of_server(
    wanted: Filter, *, only: UUID | None = None, now: datetime
) -> int:
    """Note that they are to be tried again; return how many there are."""
    return await db.execute(
        f"""UPDATE job_failures SET retry_asked_at = coalesce(retry_asked_at, $4)
            WHERE {_WANTED} AND ($5::uuid IS NULL OR id = $5)""",
        *wanted,
        now,
        only,
    )


async def forget_of_server(wanted: Filter, *, only: UUID | None = None, now: datetime) -> int:
    """Settle them without another try; return how many there were."""
    return await db.execute(
        f"""UPDATE job_failures SET resolved_at = $4
            WHERE {_WANTED} AND ($5::uuid IS NULL OR id = $5)""",
        *wanted,
        now,
        only,
    )


async def hold_asked_of_server(*, limit: int) -> list[Row]:
    """Return and lock the oldest that are to be tried again."""
    return await db.fetch(
        """SELECT id, function, job_key, payload FROM job_failures
            WHERE retry_asked_at IS NOT NULL AND resolved_at IS NULL
            ORDER BY retry_asked_at, id LIMIT $1 FOR UPDATE SKIP LOCKED""",
        limit,
    )


async def settle_of_server(failure_ids: Sequence[UUID], *, now: datetime) -> None:
    """Note that they were put into the queue again."""
    await db.execute(
        "UPDATE job_failures SET resolved_at = $2 WHERE id = ANY($1::uuid[])",
        list(failure_ids),
        now,
    )
