"""What a support bundle tells of the database: codes, counts and times."""

from server import db
from server.db import Row


async def list_failures_of_server(*, limit: int) -> list[Row]:
    """Return function, attempts, error_code, failed_at and resolved_at of the newest failures."""
    return await db.fetch(
        """SELECT function, attempts, error_code, failed_at, resolved_at FROM job_failures
            ORDER BY failed_at DESC, id DESC LIMIT $1""",
        limit,
    )


async def list_schedules_of_server() -> list[Row]:
    """Return every schedule with its heartbeat."""
    return await db.fetch(
        """SELECT name, cron, is_enabled, last_started_at, last_succeeded_at, last_failed_at,
                last_error_code
            FROM schedules ORDER BY name"""
    )


async def find_version() -> str:
    """Return PostgreSQL's version."""
    return str(await db.fetch_value("SELECT current_setting('server_version')"))
