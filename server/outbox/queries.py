"""Statements on messages to leave."""

from datetime import datetime
from uuid import UUID

from server import db
from server.lib.scope import Scope


async def insert_message(
    scope: Scope,
    message_id: UUID,
    *,
    kind: str,
    channel: str,
    dedupe_key: str,
    subject: bytes,
    body: bytes,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Store a message, due at once; say whether it is the first with its `dedupe_key`."""
    return bool(
        await db.execute(
            """INSERT INTO outbox_messages (id, household_id, user_id, kind, channel, dedupe_key,
                    subject, body, next_attempt_at, expires_at, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9)
                ON CONFLICT (dedupe_key) DO NOTHING""",
            message_id,
            scope.household_id,
            scope.user_id,
            kind,
            channel,
            dedupe_key,
            subject,
            body,
            now,
            expires_at,
        )
    )
