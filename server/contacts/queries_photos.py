"""Statements on contacts' photos: the row says which object, and keeps its sealed key."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.contacts.drafts import NewPhoto
from server.contacts.queries import VISIBLE
from server.db import Row
from server.lib.scope import Scope


async def get_photo(scope: Scope, contact_id: UUID) -> Row | None:
    """Return what a visible contact's row says of its photo; all null without one."""
    return await db.fetch_row(
        f"""SELECT c.photo_id, c.photo_key, c.photo_width, c.photo_height, c.photo_at
            FROM contacts c WHERE {VISIBLE} AND c.id = $3""",
        scope.household_id,
        scope.user_id,
        contact_id,
    )


async def set_photo(
    scope: Scope,
    contact_id: UUID,
    *,
    photo_id: UUID | None,
    key: bytes | None,
    size: tuple[int, int] | None,
    expected: Collection[str] | None,
    now: datetime,
) -> Row | None:
    """Give a visible contact another photo, or none; return {before}: the object it had.

    None: not visible, or its photo is none of `expected` (None: whatever it is) any more.
    """
    width, height = size or (None, None)
    return await db.fetch_row(
        f"""WITH held AS (
                SELECT c.id, c.photo_id FROM contacts c
                WHERE {VISIBLE} AND c.id = $3 AND ($9::text[] IS NULL OR c.photo_id::text = ANY($9))
                FOR UPDATE
            )
            UPDATE contacts SET photo_id = $4, photo_key = $5, photo_width = $6,
                photo_height = $7,
                photo_at = CASE WHEN $4::uuid IS NOT NULL THEN $8::timestamptz END,
                updated_at = $8, version = version + 1
            FROM held WHERE contacts.id = held.id RETURNING held.photo_id AS before""",
        scope.household_id,
        scope.user_id,
        contact_id,
        photo_id,
        key,
        width,
        height,
        now,
        expected,
    )


async def set_photos(scope: Scope, photos: Mapping[UUID, NewPhoto], *, now: datetime) -> None:
    """Give visible contacts without a photo one each; their version stays as it is.

    For an import, which has just written them in the same transaction.
    """
    await db.execute(
        f"""UPDATE contacts c SET photo_id = n.id, photo_key = n.key, photo_width = n.width,
                photo_height = n.height, photo_at = $8
            FROM unnest($3::uuid[], $4::uuid[], $5::bytea[], $6::int[], $7::int[])
                AS n (contact_id, id, key, width, height)
            WHERE {VISIBLE} AND c.id = ANY($3) AND c.id = n.contact_id AND c.photo_id IS NULL""",
        scope.household_id,
        scope.user_id,
        list(photos),
        [photo.id for photo in photos.values()],
        [photo.key for photo in photos.values()],
        [photo.width for photo in photos.values()],
        [photo.height for photo in photos.values()],
        now,
    )


async def take_photos(
    scope: Scope, contact_ids: Sequence[UUID], *, given_at: datetime
) -> list[UUID]:
    """Take away photos that visible contacts were given at this time; return their objects."""
    rows = await db.fetch(
        f"""WITH held AS (
                SELECT c.id, c.photo_id FROM contacts c
                WHERE {VISIBLE} AND c.id = ANY($3) AND c.photo_at = $4 FOR UPDATE
            )
            UPDATE contacts SET photo_id = NULL, photo_key = NULL, photo_width = NULL,
                photo_height = NULL, photo_at = NULL
            FROM held WHERE contacts.id = held.id RETURNING held.photo_id""",
        scope.household_id,
        scope.user_id,
        contact_ids,
        given_at,
    )
    return [row["photo_id"] for row in rows]


async def list_photo_keys(scope: Scope, contact_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Return photo_id and photo_key of those visible contacts that have a photo, by contact."""
    rows = await db.fetch(
        f"""SELECT c.id, c.photo_id, c.photo_key FROM contacts c
            WHERE {VISIBLE} AND c.id = ANY($3) AND c.photo_id IS NOT NULL""",
        scope.household_id,
        scope.user_id,
        contact_ids,
    )
    return {row["id"]: row for row in rows}


async def list_photo_ids_of_server(photo_ids: Sequence[UUID]) -> set[UUID]:
    """Return those objects that a contact of any household names; for the sweep."""
    rows = await db.fetch("SELECT photo_id FROM contacts WHERE photo_id = ANY($1)", photo_ids)
    return {row["photo_id"] for row in rows}
