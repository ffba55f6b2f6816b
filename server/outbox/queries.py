"""Statements on messages to leave."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server import db
from server.lib.scope import Scope

BELL = "catchup_outbox"
"""What a new message rings, at its commit: senders that LISTEN look at once."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A row to be; `address`, `subject`, `body` and `html` are sealed."""

    id: UUID
    kind: str
    channel: str
    dedupe_key: str
    address: bytes | None
    subject: bytes | None
    body: bytes
    html: bytes | None
    is_urgent: bool
    cause_kind: str | None
    cause_id: UUID | None
    next_attempt_at: datetime
    expires_at: datetime
    created_at: datetime


async def insert_message(scope: Scope, message: NewMessage) -> bool:
    """Store a message, and ring; say whether it is the first with its `dedupe_key`."""
    rung = await db.fetch(
        """WITH new AS (
                INSERT INTO outbox_messages (id, household_id, user_id, kind, channel, dedupe_key,
                    address, subject, body, html, is_urgent, cause_kind, cause_id,
                    next_attempt_at, expires_at, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                ON CONFLICT (dedupe_key) DO NOTHING RETURNING id)
            SELECT pg_notify($17, '') FROM new""",
        message.id,
        scope.household_id,
        scope.user_id,
        message.kind,
        message.channel,
        message.dedupe_key,
        message.address,
        message.subject,
        message.body,
        message.html,
        message.is_urgent,
        message.cause_kind,
        message.cause_id,
        message.next_attempt_at,
        message.expires_at,
        message.created_at,
        BELL,
    )
    return bool(rung)
