"""Statements on whom messages reach, and who wants none."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_REACH = """SELECT u.id AS user_id, u.language,
        coalesce(p.sms, false) AND u.phone_verified_at IS NOT NULL
            AND 'sms' <> ALL (stopped.channels) AS sms,
        coalesce(p.email, true) AND 'email' <> ALL (stopped.channels) AS email
    FROM users u
    LEFT JOIN preferences p ON p.household_id = u.household_id AND p.user_id = u.id
    CROSS JOIN LATERAL (SELECT array(SELECT o.channel FROM opt_outs o
        WHERE o.household_id = u.household_id AND o.user_id = u.id
            AND o.started_at IS NULL AND o.set_aside_at IS NULL)::text[] AS channels) stopped"""


async def get_reach(scope: Scope) -> Row | None:
    """Return how a user wants to be reached, {sms, email, language}; None: disabled or gone.

    SMS needs a verified phone, and neither goes where the user said STOP.
    """
    return await db.fetch_row(
        f"{_REACH} WHERE u.household_id = $1 AND u.id = $2 AND u.disabled_at IS NULL",
        scope.household_id,
        scope.user_id,
    )


async def list_reach(scopes: Sequence[Scope]) -> list[Row]:
    """Return the same of many users, with their `user_id`."""
    return await db.fetch(
        f"{_REACH} WHERE u.id = ANY($1) AND u.disabled_at IS NULL",
        [scope.user_id for scope in scopes],
    )


async def stop(scope: Scope, row_id: UUID, channel: str, *, now: datetime) -> bool:
    """Note a STOP; say whether messages were on until now."""
    return bool(
        await db.execute(
            """INSERT INTO opt_outs AS old (id, household_id, user_id, channel, stopped_at)
                VALUES ($3, $1, $2, $4, $5)
                ON CONFLICT (user_id, channel) DO UPDATE
                SET stopped_at = excluded.stopped_at, started_at = NULL, set_aside_at = NULL
                WHERE old.started_at IS NOT NULL OR old.set_aside_at IS NOT NULL""",
            scope.household_id,
            scope.user_id,
            row_id,
            channel,
            now,
        )
    )


async def start(scope: Scope, channel: str, *, now: datetime) -> bool:
    """Note a START; say whether messages were stopped until now."""
    return bool(
        await db.execute(
            """UPDATE opt_outs SET started_at = $4
                WHERE household_id = $1 AND user_id = $2 AND channel = $3
                    AND started_at IS NULL AND set_aside_at IS NULL""",
            scope.household_id,
            scope.user_id,
            channel,
            now,
        )
    )


async def is_stopped(scope: Scope, channel: str, *, after: datetime | None = None) -> bool:
    """Say whether the user said STOP (later than `after`), and not START since."""
    return bool(
        await db.fetch_value(
            """SELECT EXISTS (SELECT FROM opt_outs WHERE household_id = $1 AND user_id = $2
                AND channel = $3 AND started_at IS NULL AND set_aside_at IS NULL
                AND ($4::timestamptz IS NULL OR stopped_at > $4))""",
            scope.household_id,
            scope.user_id,
            channel,
            after,
        )
    )


async def hold_stop_of_sms(scope: Scope) -> Row | None:
    """Lock and return id, is_stopped and former_numbers (sealed) of the user's STOP by SMS."""
    return await db.fetch_row(
        """SELECT id, started_at IS NULL AND set_aside_at IS NULL AS is_stopped, former_numbers
            FROM opt_outs WHERE household_id = $1 AND user_id = $2 AND channel = 'sms'
            FOR UPDATE""",
        scope.household_id,
        scope.user_id,
    )


async def set_numbers(
    scope: Scope, row_id: UUID, former_numbers: bytes, *, is_stopped: bool, now: datetime
) -> None:
    """Let a STOP hold for the user's number, or for former ones only."""
    await db.execute(
        """UPDATE opt_outs SET former_numbers = $4,
                started_at = CASE WHEN $5 THEN NULL ELSE started_at END,
                set_aside_at = CASE WHEN $5 THEN NULL ELSE $6::timestamptz END
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        row_id,
        former_numbers,
        is_stopped,
        now,
    )
