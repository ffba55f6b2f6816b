"""Messages of everybody, for who looks after the server; what belongs to one is held to a scope."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_MESSAGE = """id, household_id, user_id, kind, channel, state,
    CASE WHEN state = 'pending' THEN coalesce(held_reason, error_code)
        ELSE coalesce(suppressed_reason, error_code) END AS code,
    attempts, is_urgent, cause_kind, cause_id, created_at,
    CASE WHEN state = 'pending' THEN next_attempt_at END AS next_attempt_at, expires_at,
    provider, provider_id, sent_at, delivered_at, segments, cost_micros,
    CASE WHEN provider = 'console' THEN body END AS printed"""


async def list_messages_of_server(
    *,
    state: str | None,
    kind: str | None,
    channel: str | None,
    user_id: UUID | None,
    since: datetime | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Row]:
    """Return messages, newest first, after (created_at, id); `printed` is sealed."""
    return await db.fetch(
        f"""SELECT {_MESSAGE} FROM outbox_messages
            WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR kind = $2)
                AND ($3::text IS NULL OR channel = $3) AND ($4::uuid IS NULL OR user_id = $4)
                AND ($5::timestamptz IS NULL OR created_at >= $5)
                AND ($6::timestamptz IS NULL OR (created_at, id) < ($6, $7))
            ORDER BY created_at DESC, id DESC LIMIT $8""",
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
    """Return provider, kind, at and received_at of what providers said of a message."""
    return await db.fetch(
        """SELECT provider, kind, at, received_at FROM message_events
            WHERE household_id = $1 AND message_id = $2 ORDER BY at, id""",
        scope.household_id,
        message_id,
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
