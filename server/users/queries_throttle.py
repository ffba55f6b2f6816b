"""Statements on the budgets of sign-in, and on what a client shows to have one of its own.

They run before anyone is known, and say so in their names (`find_`); budgets belong to nobody.
"""

from datetime import datetime, timedelta
from uuid import UUID

from server import db
from server.db import Row
from server.lib.ids import uuid7


async def find_and_take(name: bytes, *, every: timedelta, span: timedelta, now: datetime) -> bool:
    """Take one try from a budget in one step (GCRA, as server/lib/gcra.py); False: none is left."""
    row = await db.fetch_row(
        """INSERT INTO sign_in_budgets AS b (id, name, full_at)
            VALUES ($5, $1, $2::timestamptz + $3)
            ON CONFLICT (name) DO UPDATE SET full_at = greatest(b.full_at, $2) + $3
                WHERE b.full_at + $3 <= $2::timestamptz + $4::interval
            RETURNING full_at""",
        name,
        now,
        every,
        span,
        uuid7(),
    )
    return row is not None


async def find_budget(name: bytes) -> Row | None:
    """Return when a budget is full again, and when a refusal was noted last."""
    return await db.fetch_row("SELECT full_at, noted_at FROM sign_in_budgets WHERE name = $1", name)


async def find_and_note_refusal(
    name: bytes, *, span: timedelta, every: timedelta, now: datetime
) -> bool:
    """Note a refusal; False when one was noted less than `every` ago, by another request perhaps.

    A budget that is further from full than it can be (the clock went back) is cut to `span`.
    """
    return bool(
        await db.execute(
            """UPDATE sign_in_budgets SET noted_at = $2, full_at = least(full_at, $2 + $3::interval)
                WHERE name = $1 AND (noted_at IS NULL OR noted_at <= $2::timestamptz - $4::interval
                    OR noted_at > $2)""",
            name,
            now,
            span,
            every,
        )
    )


async def find_and_give_back(name: bytes, *, every: timedelta) -> None:
    """Put one try back."""
    await db.execute(
        "UPDATE sign_in_budgets SET full_at = full_at - $2::interval WHERE name = $1", name, every
    )


async def find_and_fill(name: bytes) -> None:
    """Make a budget full."""
    await db.execute("DELETE FROM sign_in_budgets WHERE name = $1", name)


async def find_known(token_hash: bytes, email: str, *, reset_since: datetime) -> UUID | None:
    """Return what shows that a client belongs to the user of this e-mail; None when nothing does.

    A refresh token of one of their sessions, live or ended by themselves, or the token of a
    reset that was used after `reset_since`.
    """
    value = await db.fetch_value(
        """SELECT s.id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
                JOIN users u ON u.id = t.user_id
            WHERE t.token_hash = $1 AND lower(u.email) = $2 AND (s.revoked_reason IS NULL
                OR s.revoked_reason IN ('logout', 'password_changed', 'password_reset'))
        UNION ALL
        SELECT r.id FROM password_resets r JOIN users u ON u.id = r.user_id
            WHERE r.token_hash = $1 AND lower(u.email) = $2 AND r.used_at > $3
        LIMIT 1""",
        token_hash,
        email,
        reset_since,
    )
    return UUID(str(value)) if value else None
