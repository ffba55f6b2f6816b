"""What of the server ends or grows old, whosever it is: ids and times, no names."""

from datetime import datetime

from server import db
from server.db import Row


async def list_key_ages_of_server() -> list[Row]:
    """Return purpose, and created_at of its oldest active key, of each purpose."""
    return await db.fetch(
        """SELECT purpose, min(created_at) AS created_at FROM key_ring
            WHERE state = 'active' GROUP BY purpose ORDER BY purpose"""
    )


async def list_tokens_of_server(*, until: datetime, now: datetime, limit: int) -> list[Row]:
    """Return id and expires_at of API tokens that end soon, the first to end first."""
    return await db.fetch(
        """SELECT id, expires_at FROM api_tokens
            WHERE revoked_at IS NULL AND expires_at > $1 AND expires_at < $2
            ORDER BY expires_at, id LIMIT $3""",
        now,
        until,
        limit,
    )


async def list_invitations_of_server(*, now: datetime, limit: int) -> list[Row]:
    """Return id and expires_at of invitations that are open, the first to end first."""
    return await db.fetch(
        """SELECT id, expires_at FROM invitations
            WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > $1
            ORDER BY expires_at, id LIMIT $2""",
        now,
        limit,
    )


async def find_anchor(*, before: datetime) -> Row:
    """Return `at` of the newest anchor, and whether an entry before `before` has none yet."""
    row = await db.fetch_row(
        """SELECT a.at, EXISTS (SELECT FROM audit_entries e
                WHERE e.at > coalesce(a.at, '-infinity') AND e.at < $1) AS is_late
            FROM (SELECT max(at) AS at FROM audit_anchors WHERE kind = 'head') a""",
        before,
    )
    return row or {}
