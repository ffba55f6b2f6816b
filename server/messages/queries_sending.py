"""Statements of the sender: what is due, who holds it, what came of it.

They belong to no user: a sender works for all of them, and a row says whose it is.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row
from server.messages.rules import ACCOUNT_CAUSES, DAY, HOUR, RECEIPT_CAUSE


async def look_of_server(channel: str, provider: str | None) -> Row:
    """Return when there is something to do, None for never, and how the provider does.

    {urgent_at, ordinary_at, doubtful_at, parked_at, failures, open_until}
    """
    row = await db.fetch_row(
        """SELECT
            (SELECT min(next_attempt_at) FROM outbox_messages WHERE channel = $1
                AND state = 'pending' AND is_urgent) AS urgent_at,
            (SELECT min(next_attempt_at) FROM outbox_messages WHERE channel = $1
                AND state = 'pending' AND NOT is_urgent) AS ordinary_at,
            (SELECT min(leased_until) FROM outbox_messages WHERE channel = $1
                AND state = 'sending') AS doubtful_at,
            (SELECT min(next_attempt_at) FROM outbox_messages WHERE channel = $1
                AND state = 'unknown' AND lease_token IS NOT NULL) AS parked_at,
            coalesce(b.failures, 0) AS failures, b.open_until
        FROM (SELECT) once LEFT JOIN provider_breakers b ON b.provider = $2""",
        channel,
        provider,
    )
    if row is None:
        raise LookupError("a statement without conditions has a row")
    return row


async def take_due_of_server(
    channel: str, *, is_urgent: bool, now: datetime, limit: int
) -> list[Row]:
    """Return pending messages that are due, with what is known of their users; hold both.

    Held until the commit, and passed over by others: of two senders only one looks at a user's
    messages at a time, so that both cannot find the same place in the hour free.
    """
    return await db.fetch(
        """SELECT m.id, m.household_id, m.user_id, m.channel, m.kind, m.cause_kind,
                m.cause_id, m.is_urgent, m.address, m.subject, m.body, m.html, m.attempts,
                m.expires_at,
                u.email, u.phone, u.phone_verified_at IS NOT NULL AS is_phone_verified,
                u.disabled_at IS NOT NULL AS is_disabled, u.zone, p.quiet_hours,
                EXISTS (SELECT FROM opt_outs o WHERE o.user_id = m.user_id
                    AND o.channel = m.channel AND o.started_at IS NULL
                    AND o.set_aside_at IS NULL) AS opted_out
            FROM outbox_messages m
            JOIN users u ON u.household_id = m.household_id AND u.id = m.user_id
            LEFT JOIN preferences p ON p.household_id = m.household_id AND p.user_id = m.user_id
            WHERE m.channel = $1 AND m.state = 'pending' AND m.is_urgent = $2
                AND m.next_attempt_at <= $3
            ORDER BY m.next_attempt_at LIMIT $4
            FOR NO KEY UPDATE OF m, u SKIP LOCKED""",
        channel,
        is_urgent,
        now,
        limit,
    )


async def count_left_of_server(
    channel: str, user_ids: Sequence[UUID], *, now: datetime
) -> list[Row]:
    """Return how many messages began to leave for each user in the hour and in the day before.

    {user_id, sort, in_hour, in_day}. A statement of its own, after `take_due…`: it sees
    what others committed before they let go of the user.
    """
    return await db.fetch(
        """SELECT user_id, CASE WHEN cause_kind = ANY($5) THEN 'account'
                    WHEN cause_kind = $6 THEN 'receipt' ELSE 'ordinary' END AS sort,
                count(*) FILTER (WHERE first_attempt_at > $4) AS in_hour, count(*) AS in_day
            FROM outbox_messages
            WHERE user_id = ANY($2) AND channel = $1 AND first_attempt_at > $3
            GROUP BY 1, 2""",
        channel,
        user_ids,
        now - DAY,
        now - HOUR,
        sorted(ACCOUNT_CAUSES),
        RECEIPT_CAUSE,
    )


async def begin_attempts_of_server(
    message_ids: Sequence[UUID],
    addresses: Sequence[bytes],
    *,
    token: UUID,
    provider: str,
    is_marked: bool,
    leased_until: datetime,
    now: datetime,
) -> None:
    """Mark held messages as being sent to these sealed addresses, by who knows `token`.

    `is_marked`: the call of this very attempt has not begun before `mark_calls…` says so.
    """
    await db.execute(
        """UPDATE outbox_messages AS m SET state = 'sending', lease_token = $3, leased_until = $4,
                attempts = m.attempts + 1, attempt_at = $5,
                first_attempt_at = coalesce(m.first_attempt_at, $5), provider = $6,
                uncalled_attempt = CASE WHEN $7 THEN m.attempts + 1 END,
                address = n.address, held_reason = NULL, in_doubt_since = NULL
            FROM unnest($1::uuid[], $2::bytea[]) AS n (id, address) WHERE m.id = n.id""",
        message_ids,
        addresses,
        token,
        leased_until,
        now,
        provider,
        is_marked,
    )


async def mark_calls_of_server(message_ids: Sequence[UUID], tokens: Sequence[UUID]) -> set[UUID]:
    """Note that calls begin; return the messages that are still the caller's."""
    rows = await db.fetch(
        """UPDATE outbox_messages AS m SET uncalled_attempt = NULL
            FROM unnest($1::uuid[], $2::uuid[]) AS n (id, token)
            WHERE m.id = n.id AND m.lease_token = n.token AND m.state = 'sending'
            RETURNING m.id""",
        message_ids,
        tokens,
    )
    return {row["id"] for row in rows}


async def suppress_of_server(message_ids: Sequence[UUID], reasons: Sequence[str]) -> None:
    """Mark held messages as never to leave."""
    await db.execute(
        """UPDATE outbox_messages AS m SET state = 'suppressed', suppressed_reason = n.reason,
                held_reason = NULL
            FROM unnest($1::uuid[], $2::text[]) AS n (id, reason) WHERE m.id = n.id""",
        message_ids,
        reasons,
    )


async def put_off_of_server(
    message_ids: Sequence[UUID], until: Sequence[datetime], reasons: Sequence[str]
) -> None:
    """Let held messages wait."""
    await db.execute(
        """UPDATE outbox_messages AS m SET next_attempt_at = n.at, held_reason = n.reason
            FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS n (id, at, reason)
            WHERE m.id = n.id""",
        message_ids,
        until,
        reasons,
    )


async def give_up_of_server(message_ids: Sequence[UUID], codes: Sequence[str]) -> None:
    """Mark held messages as failed."""
    await db.execute(
        """UPDATE outbox_messages AS m SET state = 'failed', error_code = n.code,
                held_reason = NULL
            FROM unnest($1::uuid[], $2::text[]) AS n (id, code) WHERE m.id = n.id""",
        message_ids,
        codes,
    )


async def renew_of_server(
    message_ids: Sequence[UUID], tokens: Sequence[UUID], *, until: datetime
) -> set[UUID]:
    """Prolong leases; return the messages that are still the caller's."""
    rows = await db.fetch(
        """UPDATE outbox_messages AS m SET leased_until = $3
            FROM unnest($1::uuid[], $2::uuid[]) AS n (id, token)
            WHERE m.id = n.id AND m.lease_token = n.token AND m.state = 'sending'
            RETURNING m.id""",
        message_ids,
        tokens,
        until,
    )
    return {row["id"] for row in rows}


async def take_doubtful_of_server(
    channel: str,
    *,
    but_not: Sequence[UUID],
    token: UUID,
    leased_until: datetime,
    now: datetime,
    limit: int,
) -> list[Row]:
    """Take messages whose sender has been silent, or of which nobody knows; not one `but_not`."""
    return await db.fetch(
        """UPDATE outbox_messages m SET lease_token = $5, leased_until = $6
            WHERE m.id IN (SELECT id FROM outbox_messages WHERE channel = $1 AND state = 'sending'
                AND leased_until <= $2 AND id <> ALL ($3) ORDER BY leased_until LIMIT $4
                FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING m.*""",
        channel,
        now,
        but_not,
        limit,
        token,
        leased_until,
    )


async def take_parked_of_server(
    channel: str, *, token: UUID, again_at: datetime, now: datetime, limit: int
) -> list[Row]:
    """Take messages that are parked and to be asked about again."""
    return await db.fetch(
        """UPDATE outbox_messages m SET lease_token = $4, next_attempt_at = $5
            WHERE m.id IN (SELECT id FROM outbox_messages WHERE channel = $1 AND state = 'unknown'
                AND lease_token IS NOT NULL AND next_attempt_at <= $2
                ORDER BY next_attempt_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
            RETURNING m.*""",
        channel,
        now,
        limit,
        token,
        again_at,
    )
