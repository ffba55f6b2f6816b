"""Statements on jobs that were given up. None belongs to one user: a job carries ids only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.paging import by_age

_COLUMNS = "id, function, job_key, payload, attempts, error_code, failed_at, retry_asked_at"
# What each order is by; each has an index.
PLACES = {
    "newest": ("failed_at", "id"),
    "oldest": ("failed_at", "id"),
    "function": ("function", "failed_at", "id"),
    "error": ("error_code", "failed_at", "id"),
}

Filter = tuple[str | None, str | None, str | None]
"""function, error_code, part of the key or of an id."""


async def list_failures_of_server(
    wanted: Filter, *, sort: str, after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return what was given up and is not settled, after the place (columns of `PLACES`)."""
    columns, (direction, beyond) = PLACES[sort], by_age("newest" if sort == "newest" else "oldest")
    values: list[Any] = []
    conditions = _where(wanted, values)
    if after is not None:
        places = ", ".join(f"${len(values) + number + 1}" for number in range(len(after)))
        conditions += f" AND ({', '.join(columns)}) {beyond} ({places})"
        values += after
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM job_failures WHERE {conditions}
            ORDER BY {", ".join(f"{column} {direction}" for column in columns)}
            LIMIT ${len(values) + 1}""",
        *values,
        limit,
    )


async def find_failure(failure_id: UUID) -> Row | None:
    """Return one that is not settled."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM job_failures WHERE id = $1 AND resolved_at IS NULL", failure_id
    )


async def count_failures_of_server(wanted: Filter) -> list[Row]:
    """Return function and jobs of what a filter finds."""
    values: list[Any] = []
    return await db.fetch(
        f"""SELECT function, count(*) AS jobs FROM job_failures
            WHERE {_where(wanted, values)} GROUP BY function ORDER BY function""",
        *values,
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
    values: list[Any] = [now, only]
    return await db.execute(
        f"""UPDATE job_failures SET retry_asked_at = coalesce(retry_asked_at, $1)
            WHERE {_where(wanted, values)} AND ($2::uuid IS NULL OR id = $2)""",
        *values,
    )


async def forget_of_server(wanted: Filter, *, only: UUID | None = None, now: datetime) -> int:
    """Settle them without another try; return how many there were."""
    values: list[Any] = [now, only]
    return await db.execute(
        f"""UPDATE job_failures SET resolved_at = $1
            WHERE {_where(wanted, values)} AND ($2::uuid IS NULL OR id = $2)""",
        *values,
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


def _where(wanted: Filter, values: list[Any]) -> str:
    """Return the conditions of a filter, and add what they compare with to `values`.

    Only what is asked for stands in the statement, so that each order has an index of its own.
    """
    function, error_code, part = wanted
    conditions = ["resolved_at IS NULL"]
    if function is not None:
        values.append(function)
        conditions.append(f"function = ${len(values)}")
    if error_code is not None:
        values.append(error_code)
        conditions.append(f"error_code = ${len(values)}")
    if part is not None:
        values.append(part)
        place = f"${len(values)}"
        conditions.append(f"(strpos(job_key, {place}) > 0 OR strpos(payload::text, {place}) > 0)")
    return " AND ".join(conditions)
