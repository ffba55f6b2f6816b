"""Statements on tags and which contacts have them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

# Contacts that the owner does not see any more (unshared) do not count.
_COLUMNS = """t.id, t.name, t.name_key, t.created_at, t.version,
    (SELECT count(*) FROM contact_tags ct JOIN contacts c ON c.id = ct.contact_id
        WHERE ct.tag_id = t.id AND c.household_id = $1
            AND (c.visibility = 'household' OR c.user_id = $2)) AS contact_count"""
_OWN = "t.household_id = $1 AND t.user_id = $2"


async def lock_tags(scope: Scope, *, limit_s: float) -> None:
    """Let one at a time decide which tags the user gets, until the transaction ends.

    Raises:
        asyncpg.LockNotAvailableError: another transaction holds on to them for `limit_s`.
    """
    # One after the other, as they stand; the limit is for this lock only.
    await db.execute(
        """SELECT set_config('lock_timeout', $2, true),
            pg_advisory_xact_lock(hashtextextended('tags ' || $1, 0)),
            set_config('lock_timeout', '0', true)""",
        str(scope.user_id),
        f"{round(limit_s * 1000)}ms",
    )


async def list_tag_keys(scope: Scope) -> dict[str, UUID]:
    """Return the id of each of the user's tags by its key."""
    rows = await db.fetch(
        f"SELECT t.name_key, t.id FROM tags t WHERE {_OWN} ORDER BY t.name_key",
        scope.household_id,
        scope.user_id,
    )
    return {row["name_key"]: row["id"] for row in rows}


async def insert_tags(
    scope: Scope,
    ids: Sequence[UUID],
    names: Sequence[str],
    keys: Sequence[str],
    *,
    now: datetime,
) -> dict[str, UUID]:
    """Add tags; return the ids by key, of those too that somebody added meanwhile."""
    rows = await db.fetch(
        """INSERT INTO tags AS t
                (id, household_id, user_id, name, name_key, created_at, version)
            SELECT n.id, $1, $2, n.name, n.name_key, $6, 1
                FROM unnest($3::uuid[], $4::text[], $5::text[]) AS n(id, name, name_key)
            ON CONFLICT (user_id, name_key) DO UPDATE SET name = t.name
            RETURNING t.name_key, t.id""",
        scope.household_id,
        scope.user_id,
        ids,
        names,
        keys,
        now,
    )
    return {row["name_key"]: row["id"] for row in rows}


async def get_tag(scope: Scope, tag_id: UUID) -> Row | None:
    """Return a tag of the user's."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM tags t WHERE {_OWN} AND t.id = $3",
        scope.household_id,
        scope.user_id,
        tag_id,
    )


async def list_tags(scope: Scope, *, after: tuple[Any, ...] | None, limit: int) -> list[Row]:
    """Return the user's tags after (name_key, id), by name."""
    key, tag_id = after or (None, None)
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM tags t WHERE {_OWN}
                AND ($3::text IS NULL OR (t.name_key, t.id) > ($3, $4::uuid))
            ORDER BY t.name_key, t.id LIMIT $5""",
        scope.household_id,
        scope.user_id,
        key,
        tag_id,
        limit,
    )


async def rename_tag(
    scope: Scope, tag_id: UUID, name: str, key: str, *, version: int | None
) -> bool:
    """Rename a tag; False when there is none of that version.

    Raises:
        asyncpg.UniqueViolationError: the user has another tag with that key.
    """
    return bool(
        await db.execute(
            f"""UPDATE tags t SET name = $4, name_key = $5, version = t.version + 1
                WHERE {_OWN} AND t.id = $3 AND t.version = coalesce($6, t.version)""",
            scope.household_id,
            scope.user_id,
            tag_id,
            name,
            key,
            version,
        )
    )


async def delete_tag(scope: Scope, tag_id: UUID, *, version: int | None) -> bool:
    """Delete a tag everywhere; False when there is none of that version."""
    return bool(
        await db.execute(
            f"DELETE FROM tags t WHERE {_OWN} AND t.id = $3"
            " AND t.version = coalesce($4, t.version)",
            scope.household_id,
            scope.user_id,
            tag_id,
            version,
        )
    )


async def tag_contacts(
    scope: Scope,
    ids: Sequence[UUID],
    tag_ids: Sequence[UUID],
    contact_ids: Sequence[UUID],
    *,
    source: str,
    now: datetime,
) -> None:
    """Put tags on contacts; what is tagged already stays as it is."""
    await db.execute(
        """INSERT INTO contact_tags
                (id, household_id, user_id, tag_id, contact_id, source, created_at)
            SELECT n.id, $1, $2, n.tag_id, n.contact_id, $6, $7
                FROM unnest($3::uuid[], $4::uuid[], $5::uuid[]) AS n(id, tag_id, contact_id)
            ON CONFLICT (tag_id, contact_id) DO NOTHING""",
        scope.household_id,
        scope.user_id,
        ids,
        tag_ids,
        contact_ids,
        source,
        now,
    )


async def list_tagged(scope: Scope, tag_id: UUID) -> list[UUID]:
    """Return the contacts with one of the user's tags, those that the user sees."""
    rows = await db.fetch(
        """SELECT ct.contact_id FROM contact_tags ct JOIN contacts c ON c.id = ct.contact_id
            WHERE ct.household_id = $1 AND ct.user_id = $2 AND ct.tag_id = $3
                AND (c.visibility = 'household' OR c.user_id = $2)
            ORDER BY ct.contact_id""",
        scope.household_id,
        scope.user_id,
        tag_id,
    )
    return [row["contact_id"] for row in rows]


async def get_contact_tag(scope: Scope, contact_id: UUID, tag_id: UUID) -> Row | None:
    """Return one of the user's tags on a contact."""
    return await db.fetch_row(
        f"""SELECT t.id, t.name, ct.source, ct.created_at
            FROM contact_tags ct JOIN tags t ON t.id = ct.tag_id
            WHERE {_OWN} AND ct.contact_id = $3 AND t.id = $4""",
        scope.household_id,
        scope.user_id,
        contact_id,
        tag_id,
    )


async def list_contact_tags(
    scope: Scope, contact_id: UUID, *, after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return the user's tags on a contact after (name_key, id), by name."""
    key, tag_id = after or (None, None)
    return await db.fetch(
        f"""SELECT t.id, t.name, t.name_key, ct.source, ct.created_at
            FROM contact_tags ct JOIN tags t ON t.id = ct.tag_id
            WHERE {_OWN} AND ct.contact_id = $3
                AND ($4::text IS NULL OR (t.name_key, t.id) > ($4, $5::uuid))
            ORDER BY t.name_key, t.id LIMIT $6""",
        scope.household_id,
        scope.user_id,
        contact_id,
        key,
        tag_id,
        limit,
    )


async def untag_contact(scope: Scope, contact_id: UUID, tag_id: UUID) -> bool:
    """Take a tag off a contact; False when it has none such."""
    return bool(
        await db.execute(
            """DELETE FROM contact_tags WHERE household_id = $1 AND user_id = $2
                AND contact_id = $3 AND tag_id = $4""",
            scope.household_id,
            scope.user_id,
            contact_id,
            tag_id,
        )
    )
