"""Statements on messages that users sent."""

from datetime import datetime
from uuid import UUID

from server import db
from server.lib.scope import Scope


async def insert_received(
    scope: Scope,
    message_id: UUID,
    *,
    channel: str,
    provider: str,
    provider_event_id: str,
    body: bytes,
    mail_id: bytes | None,
    now: datetime,
) -> bool:
    """Store a message that nobody has read yet; False when the provider brought it before."""
    return bool(
        await db.execute(
            """INSERT INTO inbox_messages (id, household_id, user_id, channel, provider,
                    provider_event_id, body, received_at, mail_id)
                VALUES ($3, $1, $2, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (provider, provider_event_id) DO NOTHING""",
            scope.household_id,
            scope.user_id,
            message_id,
            channel,
            provider,
            provider_event_id,
            body,
            now,
            mail_id,
        )
    )


async def get_mail_id(scope: Scope, message_id: UUID) -> bytes | None:
    """Return the sealed Message-ID of a mail that the user sent."""
    found: bytes | None = await db.fetch_value(
        """SELECT mail_id FROM inbox_messages
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        message_id,
    )
    return found
