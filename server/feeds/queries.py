"""Statements on feeds, and on the suggestions that they show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_COLUMNS = """f.id, f.name, lower(f.name) AS name_key, f.detail, f.include_pending, f.created_at,
    f.last_read_at, f.version"""
_OWN = "f.household_id = $1 AND f.user_id = $2 AND f.revoked_at IS NULL"


async def insert_feed(
    scope: Scope,
    feed_id: UUID,
    *,
    name: str,
    detail: str,
    include_pending: bool,
    token_hash: bytes,
    limit: int,
    now: datetime,
) -> bool:
    """Add a feed; False when the user has `limit` of them."""
    return bool(
        await db.execute(
            f"""INSERT INTO feeds (id, household_id, user_id, name, detail, include_pending,
                    token_hash, created_at, version)
                SELECT $3, $1, $2, $4, $5, $6, $7, $8, 1
                WHERE (SELECT count(*) FROM feeds f WHERE {_OWN}) < $9""",
            scope.household_id,
            scope.user_id,
            feed_id,
            name,
            detail,
            include_pending,
            token_hash,
            now,
            limit,
        )
    )


async def get_feed(scope: Scope, feed_id: UUID) -> Row | None:
    """Return a feed of the user's that is not revoked."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM feeds f WHERE {_OWN} AND f.id = $3",
        scope.household_id,
        scope.user_id,
        feed_id,
    )


async def list_feeds(scope: Scope, *, after: tuple[Any, ...] | None, limit: int) -> list[Row]:
    """Return the user's feeds after (lower-case name, id), by name."""
    key, feed_id = after or (None, None)
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM feeds f
            WHERE {_OWN} AND ($3::text IS NULL OR (lower(f.name), f.id) > ($3, $4::uuid))
            ORDER BY lower(f.name), f.id LIMIT $5""",
        scope.household_id,
        scope.user_id,
        key,
        feed_id,
        limit,
    )


async def update_feed(
    scope: Scope,
    feed_id: UUID,
    *,
    name: str | None,
    detail: str | None,
    include_pending: bool | None,
    version: int | None,
) -> Row | None:
    """Change what is not None; None when there is no such feed of that version."""
    return await db.fetch_row(
        f"""UPDATE feeds f SET name = coalesce($4, f.name), detail = coalesce($5, f.detail),
                include_pending = coalesce($6, f.include_pending), version = f.version + 1
            WHERE {_OWN} AND f.id = $3 AND f.version = coalesce($7, f.version)
            RETURNING {_COLUMNS}""",
        scope.household_id,
        scope.user_id,
        feed_id,
        name,
        detail,
        include_pending,
        version,
    )


async def revoke_feed(scope: Scope, feed_id: UUID, *, version: int | None, now: datetime) -> bool:
    """End a feed for good; False when there is no such feed of that version."""
    return bool(
        await db.execute(
            f"""UPDATE feeds f SET revoked_at = $4, version = f.version + 1
                WHERE {_OWN} AND f.id = $3 AND f.version = coalesce($5, f.version)""",
            scope.household_id,
            scope.user_id,
            feed_id,
            now,
            version,
        )
    )


async def find_feed(token_hash: bytes) -> Row | None:
    """Return the feed of a token, before anyone is known, with its user's zone.

    None for a revoked feed, and for one of a disabled user.
    """
    return await db.fetch_row(
        f"""SELECT {_COLUMNS}, f.household_id, f.user_id, u.zone AS user_zone
            FROM feeds f JOIN users u ON u.household_id = f.household_id AND u.id = f.user_id
            WHERE f.token_hash = $1 AND f.revoked_at IS NULL AND u.disabled_at IS NULL""",
        token_hash,
    )


async def note_read(scope: Scope, feed_id: UUID, *, now: datetime) -> None:
    """Note when a feed was last read."""
    await db.execute(
        f"UPDATE feeds f SET last_read_at = $4 WHERE {_OWN} AND f.id = $3",
        scope.household_id,
        scope.user_id,
        feed_id,
        now,
    )


async def list_planned(scope: Scope, *, states: Sequence[str], since: datetime) -> list[Row]:
    """Return the suggestions in these states whose slot begins at `since` or later, by slot.

    A contact that is not shared with the user any more takes its suggestion out.
    """
    return await db.fetch(
        """SELECT s.id, s.state, s.way, s.slot_start, s.slot_end, s.reasons, s.created_at,
                s.updated_at, s.sequence, max(c.updated_at) AS contacts_updated_at,
                jsonb_agg(jsonb_build_object('name', c.name, 'nickname', c.nickname)
                    ORDER BY c.id) AS contacts
            FROM suggestions s JOIN suggestion_contacts sc ON sc.suggestion_id = s.id
                JOIN contacts c ON c.id = sc.contact_id
                    AND (c.visibility = 'household' OR c.user_id = $2)
            WHERE s.household_id = $1 AND s.user_id = $2
                AND s.state = ANY($3) AND s.slot_start >= $4
            GROUP BY s.id ORDER BY s.slot_start, s.id""",
        scope.household_id,
        scope.user_id,
        states,
        since,
    )
