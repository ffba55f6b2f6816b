"""Statements on messages to leave."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
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


_COLUMNS = tuple(field.name for field in fields(NewMessage))


async def insert_messages(scopes: Sequence[Scope], messages: Sequence[NewMessage]) -> set[UUID]:
    """Store a message for each scope, and ring once; return the ids that are the first.

    The first is who has a `dedupe_key` that none had before.
    """
    rows = await db.fetch(
        f"""WITH new AS (
                INSERT INTO outbox_messages (household_id, user_id, {", ".join(_COLUMNS)})
                SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],
                    $6::text[], $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[],
                    $11::boolean[], $12::text[], $13::uuid[], $14::timestamptz[],
                    $15::timestamptz[], $16::timestamptz[])
                ON CONFLICT (dedupe_key) DO NOTHING RETURNING id),
            rung AS MATERIALIZED (SELECT pg_notify($17, '') FROM (SELECT FROM new LIMIT 1) AS one)
            SELECT new.id FROM new, (SELECT count(*) FROM rung) AS heard""",
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
        *([getattr(message, column) for message in messages] for column in _COLUMNS),
        BELL,
    )
    return {row["id"] for row in rows}
