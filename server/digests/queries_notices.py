"""Statements on messages about one suggestion alone, and on who needs one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

# The schedule is held, too: with it goes the counter of codes. What a member, a digest or
# another worker holds is looked at in the next run.
_NOTICED = """SELECT s.id, s.household_id, s.user_id, s.way, s.slot_start, s.slot_end, s.reasons,
        u.zone, u.language,
        (SELECT array_agg(coalesce(nullif(c.nickname, ''), c.name) ORDER BY c.id)
            FROM suggestion_contacts sc JOIN contacts c ON c.id = sc.contact_id
            WHERE sc.suggestion_id = s.id) AS names
    FROM suggestions s JOIN users u ON u.id = s.user_id
        JOIN digest_schedules d ON d.user_id = s.user_id"""
_VISIBLE = """NOT EXISTS (SELECT FROM suggestion_contacts of_it
        JOIN contacts hidden ON hidden.id = of_it.contact_id
        WHERE of_it.suggestion_id = s.id AND hidden.user_id <> s.user_id
            AND hidden.visibility = 'private')"""


def _unnoticed(purpose: str) -> str:
    return f"""NOT EXISTS (SELECT FROM suggestion_notices n
        WHERE n.suggestion_id = s.id AND n.purpose = '{purpose}')"""


async def hold_untold_of_server(
    *,
    now: datetime,
    at_once: Sequence[str],
    before_digest: Sequence[str],
    margin: timedelta,
    limit: int,
) -> list[Row]:
    """Hold pending suggestions that must not wait for their user's digest and were never told."""
    return await db.fetch(
        f"""{_NOTICED}
            WHERE s.state = 'pending' AND s.trigger IN ('shared_activity', 'important_date')
                AND s.slot_start > $1
                AND (s.trigger = ANY($2) OR s.trigger = ANY($3) AND s.slot_start < d.next_at + $4)
                AND d.next_at > $1 AND {_unnoticed("suggestion")} AND {_VISIBLE}
                AND NOT EXISTS (SELECT FROM message_codes mc WHERE mc.suggestion_id = s.id)
            ORDER BY s.slot_start, s.id LIMIT $5 FOR NO KEY UPDATE OF s, d SKIP LOCKED""",
        now,
        at_once,
        before_digest,
        margin,
        limit,
    )


async def hold_unasked_of_server(*, now: datetime, since: datetime, limit: int) -> list[Row]:
    """Hold accepted suggestions whose slot ended after `since`, and whose user was not asked."""
    return await db.fetch(
        f"""{_NOTICED}
            WHERE s.state = 'accepted' AND s.slot_end <= $1 AND s.slot_end > $2
                AND {_unnoticed("confirmation")} AND {_VISIBLE}
            ORDER BY s.slot_end, s.id LIMIT $3 FOR NO KEY UPDATE OF s, d SKIP LOCKED""",
        now,
        since,
        limit,
    )


async def insert_notices(
    scopes: Sequence[Scope], rows: Sequence[dict[str, Any]], *, now: datetime
) -> set[UUID]:
    """Record notices, one for each scope; return the suggestions whose first of its kind it is."""
    found = await db.fetch(
        """INSERT INTO suggestion_notices (household_id, user_id, id, suggestion_id, purpose,
                state, reason, written_at)
            SELECT n.*, $8 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[],
                $5::text[], $6::text[], $7::text[]) AS n
            ON CONFLICT (suggestion_id, purpose) DO NOTHING RETURNING suggestion_id""",
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
        *(
            [row[column] for row in rows]
            for column in ("id", "suggestion_id", "purpose", "state", "reason")
        ),
        now,
    )
    return {row["suggestion_id"] for row in found}
