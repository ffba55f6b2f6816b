"""The first statement of the health check, and what `catchup doctor` and /metrics ask besides."""

from datetime import datetime, timedelta

from server import db
from server.db import Row

# The trail is verified once a day: one that is broken warns without a pause.
ALERTS_SHOWN = timedelta(hours=25)


async def find_state(*, now: datetime) -> Row:
    """Return applied migrations, late schedules, how many there are, recent alerts and the time.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: no answer, or no tables yet.
    """
    row = await db.fetch_row(
        """SELECT ARRAY(SELECT name FROM migration) AS applied,
            ARRAY(SELECT name FROM schedules WHERE is_enabled
                AND $1 - coalesce(last_succeeded_at, created_at) > interval_s * interval '1 s'
                ORDER BY name) AS late,
            (SELECT count(*) FROM schedules) AS schedules,
            ARRAY(SELECT DISTINCT kind FROM security_alerts
                WHERE at > $2 AND kind <> 'acknowledged' AND at > coalesce(
                    (SELECT max(at) FROM security_alerts WHERE kind = 'acknowledged' AND at > $2),
                    $2) ORDER BY kind) AS alerts,
            clock_timestamp() AS at""",
        now,
        now - ALERTS_SHOWN,
    )
    return row or {}


async def find_server() -> Row:
    """Return the server's version, its extensions and what our role may do; raises likewise."""
    row = await db.fetch_row(
        """SELECT current_setting('server_version') AS version,
            current_setting('server_version_num')::int AS version_num,
            ARRAY(SELECT extname::text FROM pg_extension) AS extensions,
            r.rolsuper AS is_superuser,
            has_schema_privilege(current_schema(), 'CREATE') AS may_create
            FROM pg_roles r WHERE r.rolname = current_user"""
    )
    return row or {}


async def find_answer() -> bool:
    """Say that the database answers; raises likewise when it does not."""
    return await db.fetch_value("SELECT true") is True


async def list_suggestion_totals_of_server() -> list[Row]:
    """Return how many suggestions were ever made for each trigger; raises likewise."""
    return await db.fetch("SELECT trigger, made FROM suggestion_totals ORDER BY trigger")


async def list_schedules_of_server() -> list[Row]:
    """Return name, interval_s and last_succeeded_at (None: never) of each schedule."""
    return await db.fetch(
        "SELECT name, interval_s, last_succeeded_at FROM schedules WHERE is_enabled ORDER BY name"
    )


async def list_alert_totals_of_server() -> list[Row]:
    """Return how many alerts of each kind were ever raised."""
    return await db.fetch("SELECT kind, count(*) AS raised FROM security_alerts GROUP BY kind")


async def count_failed_jobs_of_server() -> int:
    """Return how many jobs failed for good and were not looked after since."""
    return int(await db.fetch_value("SELECT count(*) FROM job_failures WHERE resolved_at IS NULL"))


async def list_messages_of_server(*, now: datetime) -> list[Row]:
    """Return channel, state, messages and oldest_s (age in s) of the messages that are kept."""
    return await db.fetch(
        """SELECT channel, state, count(*) AS messages,
                extract(epoch FROM $1 - min(created_at))::float AS oldest_s
            FROM outbox_messages GROUP BY channel, state ORDER BY channel, state""",
        now,
    )


async def list_breakers_of_server(*, now: datetime) -> list[Row]:
    """Return provider and is_open of each that ever failed."""
    return await db.fetch(
        """SELECT provider, coalesce(open_until > $1, false) AS is_open FROM provider_breakers
            ORDER BY provider""",
        now,
    )


async def list_attempt_totals_of_server() -> list[Row]:
    """Return channel, outcome and attempts: what was ever counted, also of rows that are gone."""
    return await db.fetch(
        """SELECT channel, outcome, sum(attempts)::bigint AS attempts FROM (
                SELECT channel, outcome, count(*) AS attempts FROM message_attempts
                    WHERE outcome IS NOT NULL GROUP BY channel, outcome
                UNION ALL SELECT channel, outcome, deleted FROM message_attempt_totals) ended
            GROUP BY channel, outcome ORDER BY channel, outcome"""
    )
