"""Statements on how providers do; no member's data."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row


async def hold_breaker(row_id: UUID, provider: str, *, now: datetime) -> Row:
    """Return a provider's {failures, open_until}, made if need be; held until the commit."""
    row = await db.fetch_row(
        """INSERT INTO provider_breakers AS b (id, provider, failures, changed_at)
            VALUES ($1, $2, 0, $3)
            ON CONFLICT (provider) DO UPDATE SET changed_at = b.changed_at
            RETURNING failures, open_until""",
        row_id,
        provider,
        now,
    )
    if row is None:
        raise LookupError("an upsert returns its row")
    return row


async def set_breaker(
    provider: str, failures: int, open_until: datetime | None, code: str, *, now: datetime
) -> None:
    """Store how a provider does after a failure."""
    await db.execute(
        """UPDATE provider_breakers SET failures = $2, open_until = $3, last_error_code = $4,
                changed_at = $5
            WHERE provider = $1""",
        provider,
        failures,
        open_until,
        code,
        now,
    )


async def close_breaker(provider: str, *, on_trial: bool, now: datetime) -> None:
    """Forget failures; a breaker that is open is closed by the one that tries only."""
    await db.execute(
        """UPDATE provider_breakers SET failures = 0, open_until = NULL, changed_at = $3
            WHERE provider = $1 AND ($2 OR open_until IS NULL OR open_until <= $3)
                AND (failures > 0 OR open_until IS NOT NULL)""",
        provider,
        on_trial,
        now,
    )


async def take_trial(provider: str, *, until: datetime, now: datetime) -> bool:
    """Be the one that tries whether a provider is back; others wait `until` then."""
    return bool(
        await db.execute(
            """UPDATE provider_breakers SET open_until = $2, changed_at = $3
                WHERE provider = $1 AND open_until <= $3""",
            provider,
            until,
            now,
        )
    )


async def give_trial_back(provider: str, *, now: datetime) -> None:
    """End the wait for the one that tries."""
    await db.execute(
        "UPDATE provider_breakers SET open_until = $2 WHERE provider = $1 AND open_until > $2",
        provider,
        now,
    )
