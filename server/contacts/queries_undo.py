"""Statements of an import's undo."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.contacts.queries import VISIBLE
from server.db import Row
from server.lib.scope import Scope

# What a user did with a contact since an import, in the order in which it is told.
_USED = {
    "has_interactions": "EXISTS (SELECT FROM interaction_contacts x WHERE x.contact_id = c.id)",
    # A suggestion that nobody answered is ours, not theirs.
    "has_suggestions": """EXISTS (SELECT FROM suggestion_contacts x
        JOIN suggestions s ON s.id = x.suggestion_id
        WHERE x.contact_id = c.id AND s.state NOT IN ('pending', 'expired'))""",
    "in_groups": """EXISTS (SELECT FROM group_members x
        WHERE x.contact_id = c.id AND x.created_at <> $4)""",
    "tagged": """EXISTS (SELECT FROM contact_tags x
        WHERE x.contact_id = c.id AND x.created_at <> $4)""",
    "has_photo": "c.photo_at <> $4",
    "used_by_others": """EXISTS (SELECT FROM contact_settings x
        WHERE x.contact_id = c.id AND x.user_id <> $2)""",
}


async def hold_import(scope: Scope, import_id: UUID) -> Row | None:
    """Return an import of the user's; nobody else undoes it until the transaction ends."""
    return await db.fetch_row(
        """SELECT id, format, created_at, undone_at, created, updated, unchanged, skipped, failed
            FROM imports WHERE household_id = $1 AND user_id = $2 AND id = $3 FOR UPDATE""",
        scope.household_id,
        scope.user_id,
        import_id,
    )


async def list_items_back(scope: Scope, import_id: UUID, *, before: int, limit: int) -> list[Row]:
    """Return lines that changed something, from the end of the file to its beginning."""
    return await db.fetch(
        """SELECT id, position, line, outcome, code, contact_id, ledger FROM import_items
            WHERE household_id = $1 AND user_id = $2 AND import_id = $3 AND position < $4
                AND outcome IN ('created', 'updated')
            ORDER BY position DESC LIMIT $5""",
        scope.household_id,
        scope.user_id,
        import_id,
        before,
        limit,
    )


async def hold_contacts(scope: Scope, contact_ids: Sequence[UUID]) -> None:
    """Let nobody use or change these contacts until the transaction ends."""
    await db.execute(
        f"""SELECT count(*) FROM (SELECT c.id FROM contacts c
            WHERE {VISIBLE} AND c.id = ANY($3) ORDER BY c.id FOR UPDATE) AS held""",
        scope.household_id,
        scope.user_id,
        contact_ids,
    )


async def list_used(
    scope: Scope, contact_ids: Sequence[UUID], *, imported_at: datetime
) -> dict[UUID, str]:
    """Return the first reason, a key of _USED, for each contact that was used since."""
    cases = " ".join(f"WHEN {condition} THEN '{code}'" for code, condition in _USED.items())
    rows = await db.fetch(
        f"""SELECT c.id, CASE {cases} END AS code FROM contacts c
            WHERE {VISIBLE} AND c.id = ANY($3)""",
        scope.household_id,
        scope.user_id,
        contact_ids,
        imported_at,
    )
    return {row["id"]: row["code"] for row in rows if row["code"]}


async def delete_contacts(scope: Scope, contact_ids: Sequence[UUID]) -> list[UUID]:
    """Delete contacts of the user's own; return the objects of their photos, which stay."""
    rows = await db.fetch(
        """DELETE FROM contacts WHERE household_id = $1 AND user_id = $2 AND id = ANY($3)
            RETURNING photo_id""",
        scope.household_id,
        scope.user_id,
        contact_ids,
    )
    return [row["photo_id"] for row in rows if row["photo_id"]]


async def take_off(scope: Scope, contact_ids: Sequence[UUID], *, imported_at: datetime) -> None:
    """Take off contacts the tags and groups that an import put on them."""
    for table in ("contact_tags", "group_members"):
        await db.execute(
            f"""DELETE FROM {table} WHERE household_id = $1 AND user_id = $2
                AND contact_id = ANY($3) AND created_at = $4""",
            scope.household_id,
            scope.user_id,
            contact_ids,
            imported_at,
        )


async def delete_empty(scope: Scope, *, imported_at: datetime) -> None:
    """Delete the tags and groups that an import made and nobody uses."""
    await db.execute(
        """DELETE FROM tags t WHERE t.household_id = $1 AND t.user_id = $2 AND t.created_at = $3
            AND t.version = 1 AND NOT EXISTS (SELECT FROM contact_tags x WHERE x.tag_id = t.id)
            AND NOT EXISTS (SELECT FROM groups x WHERE x.promoted_from_tag_id = t.id)""",
        scope.household_id,
        scope.user_id,
        imported_at,
    )
    await db.execute(
        """DELETE FROM groups g WHERE g.household_id = $1 AND g.user_id = $2
            AND g.created_at = $3 AND g.version = 1 AND NOT g.is_default
            AND NOT EXISTS (SELECT FROM group_members x WHERE x.group_id = g.id)""",
        scope.household_id,
        scope.user_id,
        imported_at,
    )


async def update_ledgers(scope: Scope, ledgers: Mapping[UUID, bytes]) -> None:
    """Write what an undo did into the lines of a ledger.

    ANY finds the rows by their key; without statistics, a join alone would read all for each.
    """
    await db.execute(
        """UPDATE import_items i SET ledger = n.ledger
            FROM unnest($3::uuid[], $4::bytea[]) AS n (id, ledger)
            WHERE i.household_id = $1 AND i.user_id = $2 AND i.id = ANY($3) AND i.id = n.id""",
        scope.household_id,
        scope.user_id,
        list(ledgers),
        list(ledgers.values()),
    )


async def set_undone(scope: Scope, import_id: UUID, *, now: datetime) -> None:
    """Note that an import was taken back."""
    await db.execute(
        """UPDATE imports SET undone_at = $4
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        import_id,
        now,
    )
