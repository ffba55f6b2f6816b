"""Statements on what providers say of messages. A provider names messages, never whose they are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server import db
from server.db import Row


async def find_messages(
    provider: str, message_ids: Sequence[UUID], provider_ids: Sequence[str]
) -> list[Row]:
    """Return the messages of these ids, ours or the provider's, and hold them until the commit.

    In one order, so that two batches about the same messages wait for each other and never cross.
    """
    return await db.fetch(
        """SELECT id, household_id, user_id, channel, kind, state, provider_id, address
            FROM outbox_messages
            WHERE id = ANY($2) OR (provider = $1 AND provider_id = ANY($3))
            ORDER BY id FOR UPDATE""",
        provider,
        message_ids,
        provider_ids,
    )


async def find_stored(provider: str, event_ids: Sequence[str]) -> set[str]:
    """Return those of a provider's events that are stored."""
    rows = await db.fetch(
        """SELECT provider_event_id FROM message_events
            WHERE provider = $1 AND provider_event_id = ANY($2)""",
        provider,
        event_ids,
    )
    return {row["provider_event_id"] for row in rows}


async def insert_events_of_server(events: Sequence[dict[str, Any]]) -> set[str]:
    """Store events by column; return the `provider_event_id`s of those that are new."""
    rows = await db.fetch(
        """INSERT INTO message_events (id, household_id, user_id, message_id, provider,
                provider_event_id, kind, at, received_at, data)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[],
                $6::text[], $7::text[], $8::timestamptz[], $9::timestamptz[], $10::jsonb[])
            ON CONFLICT (provider, provider_event_id) DO NOTHING
            RETURNING provider_event_id""",
        *(
            [event[column] for event in events]
            for column in (
                "id",
                "household_id",
                "user_id",
                "message_id",
                "provider",
                "provider_event_id",
                "kind",
                "at",
                "received_at",
                "data",
            )
        ),
    )
    return {row["provider_event_id"] for row in rows}


async def move_of_server(provider: str, moves: Sequence[dict[str, Any]]) -> None:
    """Set states: {id, state, provider_id, code, at}. What was known before is kept.

    Whoever was about to send one of them has lost it: their lease ends.
    """
    await db.execute(
        """UPDATE outbox_messages AS m SET state = n.state,
                provider = coalesce(m.provider, $1),
                provider_id = coalesce(m.provider_id, n.provider_id),
                error_code = coalesce(n.code, m.error_code),
                sent_at = CASE WHEN n.state = 'accepted' THEN coalesce(m.sent_at, n.at)
                    ELSE m.sent_at END,
                delivered_at = CASE WHEN n.state = 'delivered' THEN n.at ELSE m.delivered_at END,
                lease_token = NULL, leased_until = NULL, in_doubt_since = NULL
            FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
                AS n (id, state, provider_id, code, at)
            WHERE m.id = n.id""",
        provider,
        *(
            [move[column] for move in moves]
            for column in ("id", "state", "provider_id", "code", "at")
        ),
    )


async def find_owner(message_id: UUID) -> Row | None:
    """Return household_id and user_id of a message that is named by a mac of ours."""
    return await db.fetch_row(
        "SELECT household_id, user_id FROM outbox_messages WHERE id = $1", message_id
    )
