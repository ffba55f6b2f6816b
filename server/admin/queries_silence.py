"""What explains that a user got nothing; the user once found, all is held to their scope."""

from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope


async def find_user(user_id: UUID) -> Row | None:
    """Return who somebody is, what they wish, and when their next digest is due."""
    return await db.fetch_row(
        """SELECT u.household_id, u.disabled_at, u.zone, u.phone_verified_at,
                coalesce(p.sms, false) AS sms, coalesce(p.email, true) AS email, p.quiet_hours,
                s.next_at AS next_digest_at
            FROM users u
            LEFT JOIN preferences p ON p.household_id = u.household_id AND p.user_id = u.id
            LEFT JOIN digest_schedules s ON s.household_id = u.household_id AND s.user_id = u.id
            WHERE u.id = $1""",
        user_id,
    )


async def list_stopped(scope: Scope) -> list[Row]:
    """Return channel and stopped_at of where the user said STOP."""
    return await db.fetch(
        """SELECT channel, stopped_at FROM opt_outs
            WHERE household_id = $1 AND user_id = $2 AND started_at IS NULL
                AND set_aside_at IS NULL""",
        scope.household_id,
        scope.user_id,
    )


async def list_digests(scope: Scope, *, limit: int) -> list[Row]:
    """Return local_date, due_at, state and reason of the newest digests."""
    return await db.fetch(
        """SELECT local_date, due_at, state, reason FROM digests
            WHERE household_id = $1 AND user_id = $2 ORDER BY local_date DESC LIMIT $3""",
        scope.household_id,
        scope.user_id,
        limit,
    )


async def list_messages(scope: Scope, *, limit: int) -> list[Row]:
    """Return where the newest messages are, and when the last attempt at each ended."""
    return await db.fetch(
        """SELECT m.id, m.kind, m.channel, m.state, m.created_at, m.next_attempt_at, m.sent_at,
                m.delivered_at, m.provider, a.ended_at,
                CASE WHEN m.state = 'pending' THEN coalesce(m.held_reason, m.error_code)
                    ELSE coalesce(m.suppressed_reason, m.error_code) END AS code
            FROM outbox_messages m
            LEFT JOIN LATERAL (SELECT max(ended_at) AS ended_at FROM message_attempts
                WHERE household_id = m.household_id AND message_id = m.id) a ON true
            WHERE m.household_id = $1 AND m.user_id = $2
            ORDER BY m.created_at DESC, m.id DESC LIMIT $3""",
        scope.household_id,
        scope.user_id,
        limit,
    )


async def list_breakers_of_server() -> list[Row]:
    """Return provider, open_until and last_error_code of each that ever failed."""
    return await db.fetch("SELECT provider, open_until, last_error_code FROM provider_breakers")
