"""One statement for the messages of many users."""

from collections.abc import Sequence
from uuid import UUID

from server import db
from server.lib.scope import Scope
from server.outbox.queries import BELL, NewMessage

_COLUMNS = (
    "id", "kind", "channel", "dedupe_key", "address", "subject", "body", "html", "is_urgent",
    "cause_kind", "cause_id", "next_attempt_at", "expires_at", "created_at",
)  # fmt: skip


async def insert_messages(scopes: Sequence[Scope], messages: Sequence[NewMessage]) -> set[UUID]:
    """Store a message for each scope, and ring once; return the ids that are the first."""
    rows = await db.fetch(
        """WITH new AS (
                INSERT INTO outbox_messages (household_id, user_id, id, kind, channel, dedupe_key,
                    address, subject, body, html, is_urgent, cause_kind, cause_id,
                    next_attempt_at, expires_at, created_at)
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
