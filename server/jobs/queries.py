"""Statements on schedules, failed jobs, and rows whose time is over. None belongs to one user."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from server import db
from server.db import Row
from server.jobs.schedules import Schedule
from server.lib.ids import uuid7


async def sync_schedules(schedules: Sequence[Schedule], *, now: datetime) -> None:
    """Make the rows those of `schedules`; heartbeats of the ones that stay are kept."""
    async with db.transaction():
        await db.execute(
            "DELETE FROM schedules WHERE name <> ALL($1::text[])", [s.name for s in schedules]
        )
        await db.execute(
            """INSERT INTO schedules (id, name, cron, interval_s, is_enabled, created_at)
                SELECT u.id, u.name, u.cron, u.interval_s, true, $5
                FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[])
                    AS u (id, name, cron, interval_s)
                ON CONFLICT (name) DO UPDATE
                SET cron = EXCLUDED.cron, interval_s = EXCLUDED.interval_s""",
            [uuid7() for _ in schedules],
            [s.name for s in schedules],
            [s.cron for s in schedules],
            [s.interval_s for s in schedules],
            now,
        )


async def list_schedules() -> list[Row]:
    """Return every schedule with its heartbeat, by name."""
    return await db.fetch(
        """SELECT name, cron, interval_s, is_enabled, created_at, last_started_at,
                last_succeeded_at, last_failed_at, last_error_code
            FROM schedules ORDER BY name"""
    )


async def set_started(name: str, *, now: datetime) -> None:
    """Note that a run has begun."""
    await db.execute("UPDATE schedules SET last_started_at = $2 WHERE name = $1", name, now)


async def set_succeeded(name: str, *, now: datetime) -> None:
    """Note that a run has ended well."""
    await db.execute(
        "UPDATE schedules SET last_succeeded_at = $2, last_error_code = NULL WHERE name = $1",
        name,
        now,
    )


async def set_failed(name: str, error_code: str, *, now: datetime) -> None:
    """Note that a run has used up its tries."""
    await db.execute(
        "UPDATE schedules SET last_failed_at = $3, last_error_code = $2 WHERE name = $1",
        name,
        error_code,
        now,
    )


async def insert_failure(
    failure_id: UUID,
    function: str,
    job_key: str,
    payload: Mapping[str, str],
    *,
    attempts: int,
    error_code: str,
    now: datetime,
) -> None:
    """Keep a job that used up its tries."""
    await db.execute(
        """INSERT INTO job_failures
                (id, function, job_key, payload, attempts, error_code, error, failed_at)
            VALUES ($1, $2, $3, $4, $5, $6::text, $6::text, $7)""",
        failure_id,
        function,
        job_key,
        dict(payload),
        attempts,
        error_code,
        now,
    )


async def delete_batch(table: str, condition: str, *, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows of `table` that meet `condition` (SQL on `$1` = `before`).

    `table` and `condition` come from server/jobs/retention.py, never from outside.
    """
    return await db.execute(
        f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {condition} LIMIT $2)",
        before,
        limit,
    )


async def vacuum(owner_url: str) -> None:
    """Vacuum and analyse every table, as their owner and outside of any transaction.

    Raises:
        OSError, asyncpg.PostgresError: the database cannot be reached or refuses.
    """
    connection = await asyncpg.connect(owner_url, server_settings={"application_name": "catchup"})
    try:
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
