"""Statements on interactions and who took part."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.interactions.rules import State
from server.lib.scope import Scope

# In every statement below $1 is the household and $2 the reader.
_VISIBLE = "{0}.household_id = $1 AND ({0}.visibility = 'household' OR {0}.user_id = $2)"
_INTERACTION = _VISIBLE.format("i")
_CONTACT = _VISIBLE.format("c")
# A shared interaction may name a contact that its author keeps private.
_COLUMNS = f"""i.id, i.household_id, i.user_id, i.visibility, i.kind, i.state, i.occurred_at,
    i.notes, i.suggestion_id, i.created_at, i.updated_at, i.version,
    ARRAY(SELECT ic.contact_id FROM interaction_contacts ic JOIN contacts c ON c.id = ic.contact_id
        WHERE ic.interaction_id = i.id AND {_CONTACT} ORDER BY ic.contact_id) AS contact_ids"""


async def insert_interaction(
    scope: Scope, interaction_id: UUID, values: dict[str, Any], *, now: datetime
) -> None:
    """Add an interaction: {visibility, kind, state, occurred_at, notes (sealed), suggestion_id}."""
    await db.execute(
        """INSERT INTO interactions (household_id, user_id, id, visibility, kind, state,
                occurred_at, notes, suggestion_id, created_at, updated_at, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 1)""",
        scope.household_id,
        scope.user_id,
        interaction_id,
        values["visibility"],
        values["kind"],
        values["state"],
        values["occurred_at"],
        values["notes"],
        values["suggestion_id"],
        now,
    )


async def add_contacts(
    scope: Scope, interaction_id: UUID, ids: Sequence[UUID], contact_ids: Sequence[UUID]
) -> int:
    """Say who took part; return how many of them the caller can see, the others are left out.

    `ids` are those of the new rows. The contacts are held until the transaction ends: nobody
    deletes one between the look and the insert.
    """
    return int(
        await db.fetch_value(
            f"""WITH seen AS MATERIALIZED (
                    SELECT c.id FROM contacts c WHERE {_CONTACT} AND c.id = ANY($5)
                    ORDER BY c.id FOR KEY SHARE),
                added AS (
                    INSERT INTO interaction_contacts
                        (id, household_id, user_id, interaction_id, contact_id)
                    SELECT new.id, $1, $2, $3, seen.id
                    FROM seen JOIN unnest($4::uuid[], $5::uuid[]) AS new (id, contact_id)
                        ON new.contact_id = seen.id
                    ON CONFLICT (interaction_id, contact_id) DO NOTHING)
                SELECT count(*) FROM seen""",
            scope.household_id,
            scope.user_id,
            interaction_id,
            ids,
            contact_ids,
        )
    )


async def keep_contacts(scope: Scope, interaction_id: UUID, contact_ids: Sequence[UUID]) -> None:
    """Take everyone else off one's own interaction."""
    await db.execute(
        """DELETE FROM interaction_contacts
            WHERE household_id = $1 AND user_id = $2 AND interaction_id = $3
                AND contact_id <> ALL($4)""",
        scope.household_id,
        scope.user_id,
        interaction_id,
        contact_ids,
    )


async def get_interaction(scope: Scope, interaction_id: UUID) -> Row | None:
    """Return one that the caller may read."""
    return await db.fetch_row(
        f"SELECT {_COLUMNS} FROM interactions i WHERE {_INTERACTION} AND i.id = $3",
        scope.household_id,
        scope.user_id,
        interaction_id,
    )


async def lock_own(scope: Scope, interaction_id: UUID) -> Row | None:
    """Return one that the caller wrote, and hold it until the transaction ends."""
    return await db.fetch_row(
        f"""SELECT {_COLUMNS} FROM interactions i
            WHERE i.household_id = $1 AND i.user_id = $2 AND i.id = $3 FOR NO KEY UPDATE""",
        scope.household_id,
        scope.user_id,
        interaction_id,
    )


async def update_own(
    scope: Scope, interaction_id: UUID, values: dict[str, Any], *, now: datetime
) -> None:
    """Replace the fields of one that `lock_own` holds; the version counts up."""
    await db.execute(
        """UPDATE interactions SET visibility = $4, kind = $5, state = $6, occurred_at = $7,
                notes = $8, updated_at = $9, version = version + 1
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        interaction_id,
        values["visibility"],
        values["kind"],
        values["state"],
        values["occurred_at"],
        values["notes"],
        now,
    )


async def delete_own(scope: Scope, interaction_id: UUID) -> None:
    """Remove one that `lock_own` holds."""
    await db.execute(
        "DELETE FROM interactions WHERE household_id = $1 AND user_id = $2 AND id = $3",
        scope.household_id,
        scope.user_id,
        interaction_id,
    )


async def list_interactions(
    scope: Scope,
    *,
    contact_id: UUID | None,
    state: State | None,
    earliest: datetime | None,
    before: datetime | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Row]:
    """Return those the caller may read, newest first, after a cursor's (occurred_at, id)."""
    values: list[object] = [scope.household_id, scope.user_id]

    def bind(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    wanted = [_INTERACTION]
    if contact_id is not None:
        wanted.append(
            f"""i.id IN (SELECT ic.interaction_id FROM interaction_contacts ic
                JOIN contacts c ON c.id = ic.contact_id
                WHERE ic.contact_id = {bind(contact_id)} AND {_CONTACT})"""
        )
    if state is not None:
        wanted.append(f"i.state = {bind(state)}")
    if earliest is not None:
        wanted.append(f"i.occurred_at >= {bind(earliest)}")
    if before is not None:
        wanted.append(f"i.occurred_at < {bind(before)}")
    if after is not None:
        at, last_id = bind(after[0]), bind(after[1])
        # The first half lets the index start at the page; ids of one instant count upwards.
        wanted.append(f"i.occurred_at <= {at} AND (i.occurred_at < {at} OR i.id > {last_id})")
    return await db.fetch(
        f"""SELECT {_COLUMNS} FROM interactions i WHERE {" AND ".join(wanted)}
            ORDER BY i.occurred_at DESC, i.id LIMIT {bind(limit)}""",
        *values,
    )
