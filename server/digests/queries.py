"""Statements on schedules and occurrences of digests, and on what stands in one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

# As `rules.Rule.read` reads it; who has set nothing has the defaults of the preferences.
_RULE = """coalesce(p.digest_weekday, 6) || ' ' || coalesce(p.digest_time, '09:00') || ' '
    || u.zone"""


async def list_unscheduled_of_server(*, now: datetime, too_far: datetime, limit: int) -> list[Row]:
    """Return users whose schedule is missing, or not by their rule any more, or far away.

    One that is due by its old rule comes first: it is settled before it moves.
    """
    return await db.fetch(
        f"""SELECT u.household_id, u.id AS user_id, {_RULE} AS rule, d.next_on, d.next_at
            FROM users u LEFT JOIN preferences p ON p.user_id = u.id
                LEFT JOIN digest_schedules d ON d.user_id = u.id
            WHERE d.id IS NULL OR d.next_at > $2 OR d.next_at > $1 AND d.rule <> {_RULE}
            LIMIT $3""",
        now,
        too_far,
        limit,
    )


async def list_left_out_ahead_of_server(*, ahead: datetime, now: datetime) -> list[Row]:
    """Return users with the first date that was settled later than `ahead` and has no message.

    A clock that was wrong has left it out; dates that are still to come have time.
    """
    return await db.fetch(
        f"""SELECT u.household_id, u.id AS user_id, {_RULE} AS rule, min(g.local_date) AS next_on
            FROM digests g JOIN users u ON u.id = g.user_id
                LEFT JOIN preferences p ON p.user_id = u.id
                JOIN digest_schedules d ON d.user_id = u.id
            WHERE g.written_at > $1 AND g.state <> 'written' AND g.local_date < d.next_on
                AND d.next_at > $2
            GROUP BY u.household_id, u.id, p.digest_weekday, p.digest_time, u.zone""",
        ahead,
        now,
    )


async def put_schedules(scopes: Sequence[Scope], rows: Sequence[dict[str, Any]]) -> None:
    """Make or move schedules: rows of id, rule, next_on, next_at, one for each scope."""
    await db.execute(
        """INSERT INTO digest_schedules (household_id, user_id, id, rule, next_on, next_at)
            SELECT n.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::date[],
                $6::timestamptz[]) AS n (household_id, user_id, id, rule, next_on, next_at)
                JOIN users u ON u.id = n.user_id
            ON CONFLICT (user_id) DO UPDATE SET rule = excluded.rule,
                next_on = excluded.next_on, next_at = excluded.next_at""",
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
        *([row[column] for row in rows] for column in ("id", "rule", "next_on", "next_at")),
    )


async def list_due_of_server(
    *, now: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """Return the next schedules that are due, the oldest first.

    `has_pending`: whether the user has a suggestion that a digest could list.
    """
    return await db.fetch(
        """SELECT d.household_id, d.user_id, d.next_at, EXISTS (SELECT FROM suggestions s
                WHERE s.user_id = d.user_id AND s.state = 'pending' AND s.slot_start > $1)
                AS has_pending
            FROM digest_schedules d
            WHERE d.next_at <= $1
                AND ($2::timestamptz IS NULL OR (d.next_at, d.user_id) > ($2, $3::uuid))
            ORDER BY d.next_at, d.user_id LIMIT $4""",
        now,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def hold_due(scopes: Sequence[Scope], *, now: datetime) -> list[Row]:
    """Hold these users' schedules that are due until the transaction ends, with their settings.

    Those that another worker holds are that one's.
    """
    return await db.fetch(
        f"""SELECT d.household_id, d.user_id, d.next_on, d.next_at, {_RULE} AS rule
            FROM digest_schedules d JOIN users u ON u.id = d.user_id
                LEFT JOIN preferences p ON p.user_id = d.user_id
            WHERE d.user_id = ANY($1) AND d.next_at <= $2 ORDER BY d.user_id
            FOR NO KEY UPDATE OF d SKIP LOCKED""",
        [scope.user_id for scope in scopes],
        now,
    )


async def hold_schedule(scope: Scope) -> None:
    """Hold the user's schedule, and with it their codes, until the transaction ends."""
    await db.execute(
        """SELECT FROM digest_schedules WHERE household_id = $1 AND user_id = $2
            FOR NO KEY UPDATE""",
        scope.household_id,
        scope.user_id,
    )


async def list_pending(scopes: Sequence[Scope], *, now: datetime) -> list[Row]:
    """Return these users' pending suggestions whose time is ahead, the soonest first.

    `told_at`: when a message last listed it. One about a contact that its author has made
    private meanwhile is left out.
    """
    return await db.fetch(
        """SELECT s.id, s.user_id, s.way, s.slot_start, s.reasons, about.names, u.zone, u.language,
                (SELECT max(mc.created_at) FROM message_codes mc
                    WHERE mc.suggestion_id = s.id AND mc.purpose = 'suggestion') AS told_at
            FROM suggestions s JOIN users u ON u.id = s.user_id CROSS JOIN LATERAL (
                SELECT array_agg(coalesce(nullif(c.nickname, ''), c.name) ORDER BY c.id) AS names,
                    bool_and(c.visibility = 'household' OR c.user_id = s.user_id) AS is_seen
                FROM suggestion_contacts sc JOIN contacts c ON c.id = sc.contact_id
                WHERE sc.suggestion_id = s.id) AS about
            WHERE s.user_id = ANY($1) AND s.state = 'pending' AND s.slot_start > $2
                AND about.is_seen
            ORDER BY s.user_id, s.slot_start, s.id""",
        [scope.user_id for scope in scopes],
        now,
    )


async def insert_digests(
    scopes: Sequence[Scope], rows: Sequence[dict[str, Any]], *, now: datetime, ahead: datetime
) -> set[UUID]:
    """Record occurrences, one for each scope; return the ids of those that are the first.

    A second one of a local date changes nothing, whoever made the first; but what was recorded
    later than `ahead`, without a message, is a wrong clock's and takes no date.
    """
    found = await db.fetch(
        """INSERT INTO digests (household_id, user_id, id, local_date, due_at, state, reason,
                listed, written_at)
            SELECT n.*, $9 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[],
                $5::timestamptz[], $6::text[], $7::text[], $8::smallint[]) AS n
            ON CONFLICT (user_id, local_date) DO UPDATE SET id = excluded.id,
                due_at = excluded.due_at, state = excluded.state, reason = excluded.reason,
                listed = excluded.listed, written_at = excluded.written_at
                WHERE digests.state <> 'written' AND digests.written_at > $10
            RETURNING id""",
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
        *(
            [row[column] for row in rows]
            for column in ("id", "local_date", "due_at", "state", "reason", "listed")
        ),
        now,
        ahead,
    )
    return {row["id"] for row in found}


async def get_occurrence(scope: Scope, local_date: date) -> Row | None:
    """Return what became of the user's digest of a local date, or None."""
    return await db.fetch_row(
        """SELECT id, local_date, due_at, state, reason, listed, written_at FROM digests
            WHERE household_id = $1 AND user_id = $2 AND local_date = $3""",
        scope.household_id,
        scope.user_id,
        local_date,
    )
