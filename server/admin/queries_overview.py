"""How many there are of what, for the first look of an admin."""

from datetime import datetime

from server import db
from server.db import Row


async def count_of_server(*, alerts_since: datetime) -> Row:
    """Return counts of users, failed jobs, messages by state, and alerts not acknowledged.

    Five small ones in one statement; of messages only those that are not done are looked at.
    """
    row = await db.fetch_row(
        """SELECT (SELECT count(*) FROM users) AS users,
            (SELECT count(*) FROM users WHERE disabled_at IS NOT NULL) AS users_disabled,
            (SELECT count(*) FROM job_failures WHERE resolved_at IS NULL) AS jobs_failed,
            m.pending, m.failed, m.unknown,
            (SELECT count(*) FROM security_alerts WHERE at > $1 AND kind <> 'acknowledged'
                AND at > coalesce((SELECT max(at) FROM security_alerts
                    WHERE kind = 'acknowledged' AND at > $1), $1)) AS alerts
            FROM (SELECT count(*) FILTER (WHERE state IN ('pending', 'sending')) AS pending,
                    count(*) FILTER (WHERE state = 'failed') AS failed,
                    count(*) FILTER (WHERE state = 'unknown') AS unknown
                FROM outbox_messages
                WHERE state IN ('pending', 'sending', 'failed', 'unknown')) m""",
        alerts_since,
    )
    return row or {}
