"""Messages that should have left by now, whosever they are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row


async def list_overdue_of_server(
    *,
    due_before: datetime,
    ended_after: datetime,
    written_after: datetime,
    held: Sequence[str],
) -> list[Row]:
    """Return channel, state, code (or None), messages and since of each kind of late messages.

    Those are digests and urgent messages, due before `due_before`, that no provider has accepted.
    What ended otherwise is told of if it was written after `ended_after`; `held` names the reasons
    for which one rightly waits; none lives longer than since `written_after`.
    """
    # What waits by a rule of ours is due when the rule lets it go, everything else when it is
    # written. A number that a user mistyped is no trouble of the server's; an alert causes none.
    return await db.fetch(
        """SELECT channel, state, code, count(*) AS messages, min(created_at) AS since FROM (
                SELECT channel, state, coalesce(suppressed_reason, error_code, held_reason) AS code,
                        created_at
                    FROM outbox_messages
                    WHERE (cause_kind = 'digest' OR is_urgent)
                        AND cause_kind IS DISTINCT FROM 'alert'
                        AND sent_at IS NULL AND created_at <= $1 AND created_at > $4 AND (
                            (state IN ('pending', 'sending') AND (next_attempt_at <= $1
                                OR (held_reason IS NULL AND first_attempt_at IS NOT NULL)
                                OR held_reason <> ALL ($3)))
                            OR (created_at > $2 AND (state = 'unknown'
                                OR (state = 'failed'
                                    AND cause_kind IS DISTINCT FROM 'verification')
                                OR (state = 'suppressed' AND suppressed_reason = 'no_provider'))))
                ) late
            GROUP BY channel, state, code ORDER BY channel, since, state, code""",
        due_before,
        ended_after,
        held,
        written_after,
    )


async def list_admin_phones_of_server() -> set[UUID]:
    """Return which admins can be reached by SMS."""
    rows = await db.fetch(
        """SELECT u.id FROM users u WHERE u.server_role = 'admin' AND u.disabled_at IS NULL
            AND u.phone_verified_at IS NOT NULL AND NOT EXISTS (SELECT FROM opt_outs o
                WHERE o.household_id = u.household_id AND o.user_id = u.id AND o.channel = 'sms'
                    AND o.started_at IS NULL AND o.set_aside_at IS NULL)"""
    )
    return {row["id"] for row in rows}


async def find_unwritten_of_server(*, due_before: datetime) -> Row:
    """Return digests (how many are due and not written) and since (the oldest; None for none)."""
    row = await db.fetch_row(
        """SELECT count(*) AS digests, min(s.next_at) AS since FROM digest_schedules s
            JOIN users u ON u.household_id = s.household_id AND u.id = s.user_id
            WHERE s.next_at <= $1 AND u.disabled_at IS NULL""",
        due_before,
    )
    return row or {}
