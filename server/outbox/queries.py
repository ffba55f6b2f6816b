"""Statements on messages that wait to be sent."""

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
    address: bytes,
    subject: bytes | None,
    body: bytes,
    now: datetime,
    expires_at: datetime,
) -> bool:
    """Add a message; False when one with this dedupe key is there."""
    return bool(
        await db.execute(
            """INSERT INTO outbox_messages (id, household_id, user_id, kind, channel, dedupe_key,
                    address, subject, body, next_attempt_at, created_at, expires_at)
                VALUES ($3, $1, $2, $4, $5, $6, $7, $8, $9, $10, $10, $11)
                ON CONFLICT (dedupe_key) DO NOTHING""",
            scope.household_id,
            scope.user_id,
            message_id,
            kind,
            channel,
            dedupe_key,
            address,
            subject,
            body,
            now,
            expires_at,
        )
    )
