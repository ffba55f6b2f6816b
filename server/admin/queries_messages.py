"""Messages of everybody, for who looks after the server; what belongs to one is held to a scope."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.paging import Age, by_age
from server.lib.scope import Scope

_MESSAGE = """id, household_id, user_id, kind, channel, state,
    CASE WHEN state = 'pending' THEN coalesce(held_reason, error_code)
        ELSE coalesce(suppressed_reason, error_code) END AS code,
    attempts, is_urgent, cause_kind, cause_id, created_at,
    CASE WHEN state = 'pending' THEN next_attempt_at END AS next_attempt_at, expires_at,
    provider, provider_id, sent_at, delivered_at, segments, cost_micros,
    CASE WHEN provider = 'console' THEN body END AS printed"""

_REPLY = "i.id, i.channel, i.state, i.outcome_code AS code, i.received_at, i.handled_at"


async def list_messages_of_server(
    *,
    state: str | None,
    kind: str | None,
    channel: str | None,
    user_id: UUID | None,
    since: datetime | None,
    sort: Age,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Row]:
    """Return messages by age, after (created_at, id); `printed` is sealed."""
    direction, beyond = by_age(sort)
    return await db.fetch(
        f"""SELECT {_MESSAGE} FROM outbox_messages
            WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2)
                AND ($3::text IS NULL OR channel = $3) AND ($4::uuid IS NULL OR user_id = $4)
                AND ($5::timestamptz IS NULL OR created_at >= $5)
                AND ($6::timestamptz IS NULL OR (created_at, id) {beyond} ($6, $7))
            ORDER BY created_at {direction}, id {direction} LIMIT $8""",
        state,
        kind,
        channel,
        user_id,
        since,
        *(after or (None, None)),
        limit,
    )


async def find_message(message_id: UUID, *, lock: bool = False) -> Row | None:
    """Return anybody's message; `lock` holds it until the transaction ends."""
    return await db.fetch_row(
        f"SELECT {_MESSAGE} FROM outbox_messages WHERE id = $1{' FOR UPDATE' if lock else ''}",
        message_id,
    )


async def list_attempts(scope: Scope, message_id: UUID) -> list[Row]:
    """Return number, started_at, ended_at, outcome and code of each attempt, in order."""
    return await db.fetch(
        """SELECT number, started_at, ended_at, outcome, code FROM message_attempts
            WHERE household_id = $1 AND message_id = $2 ORDER BY number""",
        scope.household_id,
        message_id,
    )


async def list_events(scope: Scope, message_id: UUID) -> list[Row]:
    """Return provider, kind, code, at and received_at of what providers said of a message."""
    return await db.fetch(
        """SELECT provider, kind, data ->> 'code' AS code, at, received_at FROM message_events
            WHERE household_id = $1 AND message_id = $2 ORDER BY at, id""",
        scope.household_id,
        message_id,
    )


async def list_suggestions(
    scope: Scope, message_id: UUID, *, also: UUID | None = None
) -> list[Row]:
    """Return the suggestions of a message with their codes, and the one that is its cause."""
    return await db.fetch(
        """SELECT s.id, s.trigger, s.state, c.code, s.created_at, s.slot_start, s.closed_at
            FROM suggestions s
            LEFT JOIN message_codes c ON c.household_id = s.household_id
                AND c.suggestion_id = s.id AND c.message_id = $3
            WHERE s.household_id = $1 AND s.user_id = $2 AND (c.id IS NOT NULL OR s.id = $4)
            ORDER BY c.number, s.id""",
        scope.household_id,
        scope.user_id,
        message_id,
        also,
    )


async def get_digest(scope: Scope, digest_id: UUID) -> Row | None:
    """Return id, local_date, due_at, written_at, state and listed of a digest."""
    return await db.fetch_row(
        """SELECT id, local_date, due_at, written_at, state, listed FROM digests
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        digest_id,
    )


async def list_replies(scope: Scope, message_id: UUID) -> list[Row]:
    """Return what the user sent by the message's channel before the next that may be answered."""
    return await db.fetch(
        f"""SELECT {_REPLY} FROM outbox_messages m
            JOIN inbox_messages i ON i.household_id = m.household_id AND i.user_id = m.user_id
                AND i.channel = m.channel AND i.received_at >= m.sent_at
            WHERE m.household_id = $1 AND m.user_id = $2 AND m.id = $3
                AND m.cause_kind IN ('digest', 'suggestion')
                AND NOT EXISTS (SELECT FROM outbox_messages n
                    WHERE n.household_id = $1 AND n.user_id = $2 AND n.channel = m.channel
                        AND n.cause_kind IN ('digest', 'suggestion')
                        AND n.sent_at > m.sent_at AND n.sent_at <= i.received_at)
            ORDER BY i.received_at, i.id""",
        scope.household_id,
        scope.user_id,
        message_id,
    )


async def get_reply(scope: Scope, reply_id: UUID) -> Row | None:
    """Return a reply of the user's."""
    return await db.fetch_row(
        f"""SELECT {_REPLY} FROM inbox_messages i
            WHERE i.household_id = $1 AND i.user_id = $2 AND i.id = $3""",
        scope.household_id,
        scope.user_id,
        reply_id,
    )


async def set_pending(
    scope: Scope, message_id: UUID, *, expires_at: datetime, now: datetime
) -> None:
    """Let a message leave, whatever came of it before."""
    await db.execute(
        """UPDATE outbox_messages SET state = 'pending', next_attempt_at = $3,
                expires_at = greatest(expires_at, $4), lease_token = NULL, leased_until = NULL,
                held_reason = NULL
            WHERE household_id = $1 AND id = $2""",
        scope.household_id,
        message_id,
        now,
        expires_at,
    )
