"""How it went with each provider of messages: times and codes of the whole server."""

from server import db
from server.db import Row


async def list_last_of_server() -> list[Row]:
    """Return channel, last_ok_at, last_error_at and last_error_code of each channel ever used."""
    return await db.fetch(
        """SELECT channel, max(ended_at) FILTER (WHERE outcome = 'accepted') AS last_ok_at,
                max(ended_at) FILTER (WHERE outcome IN ('again', 'failed', 'unknown'))
                    AS last_error_at,
                (array_agg(code ORDER BY ended_at DESC)
                    FILTER (WHERE outcome IN ('again', 'failed', 'unknown')))[1] AS last_error_code
            FROM message_attempts WHERE ended_at IS NOT NULL GROUP BY channel"""
    )


async def list_heard_of_server() -> list[Row]:
    """Return provider and last_at: when each last sent us anything."""
    return await db.fetch(
        """SELECT provider, max(received_at) AS last_at FROM (
                SELECT provider, received_at FROM message_events
                UNION ALL SELECT provider, received_at FROM inbox_messages) heard
            GROUP BY provider"""
    )


async def list_breakers_of_server() -> list[Row]:
    """Return provider and open_until of each that ever failed."""
    return await db.fetch("SELECT provider, open_until FROM provider_breakers")
