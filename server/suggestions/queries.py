"""Statements behind what a member does with suggestions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_COLUMNS = """s.id, s.trigger, s.kind, s.state, s.way, s.slot_start, s.slot_end, s.slot_zone,
    s.score, s.reasons, s.snoozed_until, s.dismissed_reason, s.dismissed_note, s.interaction_id,
    s.created_at, s.updated_at, s.version"""

_SEEN = f"""SELECT {_COLUMNS}, u.zone AS user_zone, u.language,
        (SELECT jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'nickname', c.nickname,
                'zone', c.zone) ORDER BY c.id)
            FROM suggestion_contacts sc JOIN contacts c ON c.id = sc.contact_id
            WHERE sc.suggestion_id = s.id) AS contacts"""
# Its author may have made a contact private meanwhile; the next pass ends such a suggestion.
_VISIBLE = """NOT EXISTS (SELECT FROM suggestion_contacts of_it
        JOIN contacts hidden ON hidden.id = of_it.contact_id
        WHERE of_it.suggestion_id = s.id AND hidden.user_id <> $2
            AND hidden.visibility = 'private')"""
# In the order of the list; an index has it (migrations/m0005_finding.py).
_SLOT = "coalesce(s.slot_start, 'infinity')"


async def get_suggestion(scope: Scope, suggestion_id: UUID, *, lock: bool = False) -> Row | None:
    """Return one suggestion of the user with its contacts; `lock` holds it until the commit."""
    if lock:
        await db.execute(
            """SELECT FROM suggestions
                WHERE household_id = $1 AND user_id = $2 AND id = $3 FOR UPDATE""",
            scope.household_id,
            scope.user_id,
            suggestion_id,
        )
    return await db.fetch_row(
        f"""{_SEEN} FROM suggestions s CROSS JOIN users u
            WHERE u.household_id = $1 AND u.id = $2
                AND s.household_id = $1 AND s.user_id = $2 AND s.id = $3 AND {_VISIBLE}""",
        scope.household_id,
        scope.user_id,
        suggestion_id,
    )


async def list_suggestions(
    scope: Scope,
    *,
    states: Sequence[str],
    contact_id: UUID | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Row]:
    """Return the user's suggestions in these states by slot, those without one last, then by id.

    `after` is the slot (or None) and the id of the last one seen. The page is cut before the
    contacts are looked up: a user's past may be long.
    """
    return await db.fetch(
        f"""{_SEEN} FROM (
                SELECT * FROM suggestions s
                WHERE s.household_id = $1 AND s.user_id = $2 AND s.state = ANY($3) AND {_VISIBLE}
                    AND ($4::uuid IS NULL OR s.id IN (SELECT of_contact.suggestion_id
                        FROM suggestion_contacts of_contact
                        WHERE of_contact.household_id = $1 AND of_contact.contact_id = $4))
                    AND ($6::uuid IS NULL
                        OR ({_SLOT}, s.id) > (coalesce($5::timestamptz, 'infinity'), $6))
                ORDER BY {_SLOT}, s.id LIMIT $7
            ) AS s CROSS JOIN users u
            WHERE u.household_id = $1 AND u.id = $2 ORDER BY {_SLOT}, s.id""",
        scope.household_id,
        scope.user_id,
        states,
        contact_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def set_state(
    scope: Scope,
    suggestion_id: UUID,
    state: str,
    *,
    now: datetime,
    is_closed: bool = False,
    snoozed_until: datetime | None = None,
    dismissed_reason: str | None = None,
    dismissed_note: bytes | None = None,
    interaction_id: UUID | None = None,
) -> None:
    """Move a suggestion that the caller holds locked; a snoozed one gives its slot back."""
    await db.execute(
        """UPDATE suggestions SET state = $4::text, updated_at = $5,
                closed_at = CASE WHEN $6::boolean THEN $5::timestamptz END, snoozed_until = $7,
                slot_start = CASE WHEN $4::text = 'snoozed' THEN NULL ELSE slot_start END,
                slot_end = CASE WHEN $4::text = 'snoozed' THEN NULL ELSE slot_end END,
                dismissed_reason = $8, dismissed_note = $9, interaction_id = $10,
                version = version + 1, sequence = sequence + 1
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        suggestion_id,
        state,
        now,
        is_closed,
        snoozed_until,
        dismissed_reason,
        dismissed_note,
        interaction_id,
    )


async def restore(
    scope: Scope,
    suggestion_id: UUID,
    state: str,
    *,
    slot_start: datetime | None,
    slot_end: datetime | None,
    snoozed_until: datetime | None,
    now: datetime,
) -> None:
    """Make a suggestion that the caller holds locked open again, with the slot that it had.

    Raises:
        asyncpg.ExclusionViolationError: another one has that time.
        asyncpg.UniqueViolationError: its contact has another open one.
    """
    await db.execute(
        """UPDATE suggestions SET state = $4, slot_start = $5, slot_end = $6, snoozed_until = $7,
                updated_at = $8, closed_at = NULL, dismissed_reason = NULL, dismissed_note = NULL,
                interaction_id = NULL, version = version + 1, sequence = sequence + 1
            WHERE household_id = $1 AND user_id = $2 AND id = $3""",
        scope.household_id,
        scope.user_id,
        suggestion_id,
        state,
        slot_start,
        slot_end,
        snoozed_until,
        now,
    )
