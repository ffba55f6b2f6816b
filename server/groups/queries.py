"""Statements on groups and who is in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

# Members that the owner does not see any more (a contact unshared) do not count.
_COLUMNS = """g.id, g.name, lower(g.name) AS name_key, g.is_default, g.cadence, g.cadence_days,
    g.promoted_from_tag_id, g.archived_at, g.created_at, g.version,
    (SELECT count(*) FROM group_members m JOIN contacts c ON c.id = m.contact_id
        WHERE m.group_id = g.id AND c.household_id = $1
            AND (c.visibility = 'household' OR c.user_id = $2)) AS member_count"""
_OWN = "g.household_id = $1 AND g.user_id = $2"
_ARCHIVED = {
    "false": "g.archived_at IS NULL",
    "true": "g.archived_at IS NOT NULL",
    "all": "TRUE",
}


async def insert_default_groups(
    scope: Scope, ids: Sequence[UUID], names: Sequence[str], *, now: datetime
) -> None:
    """Give a new user their first groups."""
    await db.execute(
        """INSERT INTO groups (id, household_id, user_id, name, is_default, created_at, version)
            SELECT n.id, $1, $2, n.name, true, $5, 1
                FROM unnest($3::uuid[], $4::text[]) AS n(id, name)
            ON CONFLICT (user_id, lower(name)) DO NOTHING""",
        scope.household_id,
        scope.user_id,
        ids,
        names,
        now,
    )


async def find_or_insert_groups(
    scope: Scope, ids: Sequence[UUID], names: Sequence[str], *, now: datetime
) -> dict[str, UUID]:
    """Return the user's group of each name, whatever its case; those that are missing are made.

    Names that differ in case only get the same group, called as the first of them.
    """
    rows = await db.fetch(
        """WITH wanted AS (
                SELECT n.id, n.name, n.nth, lower(n.name) AS folded
                    FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS n(id, name, nth)
            ), made AS (
                INSERT INTO groups (id, household_id, user_id, name, is_default, created_at,
                        version)
                    SELECT DISTINCT ON (folded) id, $1, $2, name, false, $5, 1 FROM wanted
                    ORDER BY folded, nth
                    ON CONFLICT (user_id, lower(name)) DO UPDATE SET name = groups.name
                    RETURNING id, lower(name) AS folded
            )
            SELECT wanted.name, made.id FROM wanted JOIN made USING (folded)""",
        scope.household_id,
        scope.user_id,
        ids,
        names,
        now,
    )
    return {row["name"]: row["id"] for row in rows}


async def insert_group(
    scope: Scope,
    group_id: UUID,
    name: str,
    cadence: str | None,
    cadence_days: int | None,
    archived_at: datetime | None,
    *,
    now: datetime,
    promoted_from_tag_id: UUID | None = None,
) -> bool:
    """Add a group; False when the user has one of that name."""
    return bool(
        await db.execute(
            """INSERT INTO groups (id, household_id, user_id, name, is_default, cadence,
                    cadence_days, archived_at, created_at, promoted_from_tag_id, version)
                VALUES ($3, $1, $2, $4, false, $5, $6, $7, $8, $9, 1)
                ON CONFLICT (user_id, lower(name)) DO NOTHING""",
            scope.household_id,
            scope.user_id,
            group_id,
            name,
            cadence,
            cadence_days,
            archived_at,
            now,
            promoted_from_tag_id,
        )
    )


async def get_promoted(scope: Scope, tag_id: UUID) -> UUID | None:
    """Return the group that a tag of the user's was promoted to."""
    value = await db.fetch_value(
        f"SELECT g.id FROM groups g WHERE {_OWN} AND g.promoted_from_tag_id = $3",
        scope.household_id,
        scope.user_id,
        tag_id,
    )
    return UUID(str(value)) if value else None


async def get_group(scope: Scope, group_id: UUID) -> Row | None:
    """Return a group of the user's."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM groups g WHERE {_OWN} AND g.id = $3",
        scope.household_id,
        scope.user_id,
        group_id,
    )


async def list_groups(
    scope: Scope, *, archived: str, after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return the user's groups after (lower-case name, id), by name."""
    key, group_id = after or (None, None)
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM groups g WHERE {_OWN} AND {_ARCHIVED[archived]}
                AND ($3::text IS NULL OR (lower(g.name), g.id) > ($3, $4::uuid))
            ORDER BY lower(g.name), g.id LIMIT $5""",
        scope.household_id,
        scope.user_id,
        key,
        group_id,
        limit,
    )


async def update_group(
    scope: Scope,
    group_id: UUID,
    *,
    name: str | None,
    new_cadence: tuple[str | None, int | None] | None,
    archived: bool | None,
    version: int | None,
    now: datetime,
) -> bool:
    """Change what is not None; False when there is no such group of that version.

    Raises:
        asyncpg.UniqueViolationError: the user has another group of that name.
    """
    cadence, cadence_days = new_cadence or (None, None)
    return bool(
        await db.execute(
            f"""UPDATE groups g SET name = coalesce($4, g.name),
                    cadence = CASE WHEN $5 THEN $6 ELSE g.cadence END,
                    cadence_days = CASE WHEN $5 THEN $7::smallint ELSE g.cadence_days END,
                    archived_at = CASE $8::bool WHEN true THEN coalesce(g.archived_at, $9)
                        WHEN false THEN NULL ELSE g.archived_at END,
                    version = g.version + 1
                WHERE {_OWN} AND g.id = $3 AND g.version = coalesce($10, g.version)""",
            scope.household_id,
            scope.user_id,
            group_id,
            name,
            new_cadence is not None,
            cadence,
            cadence_days,
            archived,
            now,
            version,
        )
    )


async def delete_group(scope: Scope, group_id: UUID, *, version: int | None) -> bool:
    """Delete a group, not its members; False when there is none of that version."""
    return bool(
        await db.execute(
            f"DELETE FROM groups g WHERE {_OWN} AND g.id = $3"
            " AND g.version = coalesce($4, g.version)",
            scope.household_id,
            scope.user_id,
            group_id,
            version,
        )
    )


async def hold_group(scope: Scope, group_id: UUID) -> bool:
    """Say whether the user has this group; until the transaction ends it cannot go away."""
    return bool(
        await db.fetch_value(
            f"SELECT true FROM groups g WHERE {_OWN} AND g.id = $3 FOR KEY SHARE",
            scope.household_id,
            scope.user_id,
            group_id,
        )
    )


async def add_members(
    scope: Scope,
    group_id: UUID,
    ids: Sequence[UUID],
    contact_ids: Sequence[UUID],
    *,
    now: datetime,
) -> int:
    """Put contacts into a group; return how many were not in it."""
    return await db.execute(
        """INSERT INTO group_members (id, household_id, user_id, group_id, contact_id, created_at)
            SELECT n.id, $1, $2, $3, n.contact_id, $6
                FROM unnest($4::uuid[], $5::uuid[]) AS n(id, contact_id)
            ON CONFLICT (group_id, contact_id) DO NOTHING""",
        scope.household_id,
        scope.user_id,
        group_id,
        ids,
        contact_ids,
        now,
    )


async def remove_members(scope: Scope, group_id: UUID, contact_ids: Sequence[UUID]) -> int:
    """Take contacts out of a group; return how many were in it."""
    return await db.execute(
        """DELETE FROM group_members WHERE household_id = $1 AND user_id = $2
            AND group_id = $3 AND contact_id = ANY($4)""",
        scope.household_id,
        scope.user_id,
        group_id,
        contact_ids,
    )
