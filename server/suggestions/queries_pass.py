"""What a pass over many users reads and writes: a fixed number of statements, none per contact."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

ANSWERS_KEPT = timedelta(days=90)
TALKS_KEPT = 6
# An accepted suggestion that nobody confirmed or denied within this time was missed.
CONFIRM_WITHIN = timedelta(days=7)


# $1 is now, $2 the end of the last slot that counts as missed.
_CLOSE = """UPDATE suggestions
    SET state = CASE state WHEN 'pending' THEN 'expired' ELSE 'missed' END, closed_at = $1,
        updated_at = $1, version = version + 1, sequence = sequence + 1"""
_IS_OVER = "(state = 'pending' AND slot_start <= $1 OR state = 'accepted' AND slot_end <= $2)"


async def lock_and_close(scopes: Sequence[Scope], *, now: datetime) -> None:
    """Hold these households' suggestions until the transaction ends, and end what is over.

    The lock makes two passes over one household take turns, in one order for all. Pending ones
    whose time has come expire; accepted ones that nobody spoke of for a week were missed.
    """
    await db.execute(
        f"""WITH held AS MATERIALIZED (
                SELECT pg_advisory_xact_lock(hashtextextended('suggestions ' || household_id, 0))
                FROM (SELECT DISTINCT household_id FROM unnest($3::uuid[]) AS h (household_id)
                    ORDER BY household_id) AS ordered)
            {_CLOSE} WHERE (SELECT count(*) FROM held) > 0 AND user_id = ANY($4) AND {_IS_OVER}""",
        now,
        now - CONFIRM_WITHIN,
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
    )


async def close_past_of_server(*, now: datetime) -> list[Scope]:
    """End what is over for every user, as `lock_and_close` does; return whose, one for each."""
    rows = await db.fetch(
        # Rows that a pass or a member holds are theirs, or the next run's.
        f"""{_CLOSE} WHERE id IN (SELECT id FROM suggestions WHERE {_IS_OVER}
            FOR UPDATE SKIP LOCKED) RETURNING household_id, user_id""",
        now,
        now - CONFIRM_WITHIN,
    )
    return [Scope(row["household_id"], row["user_id"]) for row in rows]


async def list_members(scopes: Sequence[Scope]) -> list[Row]:
    """Return what the engine needs of the users themselves, in one order for all."""
    return await db.fetch(
        """SELECT u.household_id, u.id AS user_id, u.zone, u.place,
                p.max_open_suggestions AS max_open, a.id IS NOT NULL AS is_set, a.windows,
                a.commute, a.night_start, a.night_end, a.minimum_slot_minutes, a.horizon_days,
                a.all_day_blocks, a.transparent_blocks
            FROM users u LEFT JOIN preferences p ON p.user_id = u.id
                LEFT JOIN availability a ON a.user_id = u.id
            WHERE u.id = ANY($1) AND u.disabled_at IS NULL ORDER BY u.id""",
        [scope.user_id for scope in scopes],
    )


async def list_facts(
    scopes: Sequence[Scope], *, now: datetime, contact_id: UUID | None = None
) -> list[Row]:
    """Return one row for each user and contact they can see, with all that the engine asks of it.

    Archived contacts are left out of a pass; asked for one contact, it is answered as it is.
    What belongs to a contact is found by its id, contact by contact: as joined groups it took
    over a minute whenever the planner misjudged how many contacts a user sees. Rows that name a
    contact are of its household (composite keys).
    """
    return await db.fetch(
        """SELECT m.household_id, m.user_id, c.id AS contact_id, c.name, c.nickname, c.location,
                c.zone, c.created_at AS added_at, s.cadence, s.cadence_days, s.circle,
                s.archived_at, s.paused_until, s.never_suggest, s.preferred_way,
                talk.last_at, talk.recent, talk.next_at,
                member_of.names AS group_names, member_of.cadences AS group_cadences,
                member_of.cadence_days AS group_cadence_days,
                tagged.names AS tag_names, tagged.seen_at AS tags_seen_at,
                marked.labels AS date_labels, marked.kinds AS date_kinds,
                marked.years AS date_years, marked.months AS date_months, marked.days AS date_days
            FROM unnest($1::uuid[], $2::uuid[]) AS m (household_id, user_id)
                JOIN contacts c ON c.household_id = m.household_id
                    AND (c.visibility = 'household' OR c.user_id = m.user_id)
                LEFT JOIN contact_settings s ON s.contact_id = c.id AND s.user_id = m.user_id
                CROSS JOIN LATERAL (
                    SELECT max(i.occurred_at) FILTER (WHERE i.is_past) AS last_at,
                        (array_agg(i.occurred_at ORDER BY i.occurred_at DESC)
                            FILTER (WHERE i.is_past))[1:$5] AS recent,
                        min(i.occurred_at) FILTER (WHERE i.is_planned) AS next_at
                    FROM interaction_contacts ic CROSS JOIN LATERAL (
                        SELECT occurred_at, state = 'confirmed' AND occurred_at <= $3 AS is_past,
                            state = 'planned' AND occurred_at > $3 AND user_id = m.user_id
                                AS is_planned
                        FROM interactions WHERE id = ic.interaction_id) AS i
                    WHERE ic.contact_id = c.id) AS talk
                CROSS JOIN LATERAL (
                    SELECT array_agg(g.name ORDER BY g.name) AS names,
                        array_agg(g.cadence ORDER BY g.name) AS cadences,
                        array_agg(g.cadence_days ORDER BY g.name) AS cadence_days
                    FROM group_members gm JOIN groups g ON g.id = gm.group_id
                    WHERE gm.contact_id = c.id AND g.user_id = m.user_id
                        AND g.archived_at IS NULL) AS member_of
                CROSS JOIN LATERAL (
                    SELECT array_agg(t.name ORDER BY t.name) AS names,
                        array_agg(ct.created_at ORDER BY t.name) AS seen_at
                    FROM contact_tags ct JOIN tags t ON t.id = ct.tag_id
                    WHERE ct.contact_id = c.id AND t.user_id = m.user_id
                        AND EXISTS (SELECT FROM contact_tags other
                            WHERE other.tag_id = t.id AND other.contact_id <> c.id)) AS tagged
                CROSS JOIN LATERAL (
                    SELECT array_agg(coalesce(nullif(label, ''), kind) ORDER BY id) AS labels,
                        array_agg(kind ORDER BY id) AS kinds, array_agg(year ORDER BY id) AS years,
                        array_agg(month ORDER BY id) AS months, array_agg(day ORDER BY id) AS days
                    FROM contact_dates
                    WHERE household_id = c.household_id AND contact_id = c.id) AS marked
            WHERE c.id = $4 OR $4::uuid IS NULL AND s.archived_at IS NULL""",
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
        now,
        contact_id,
        TALKS_KEPT,
    )


async def list_suggested(scopes: Sequence[Scope], *, now: datetime) -> list[Row]:
    """Return the households' open suggestions and these users' answers of the last 90 days."""
    return await db.fetch(
        """SELECT s.id, s.household_id, s.user_id, s.trigger, s.way, s.state, s.slot_start,
                s.slot_end, s.score, s.snoozed_until, s.dismissed_reason, s.about_on,
                coalesce(s.closed_at, s.updated_at) AS at,
                CASE WHEN s.state IN ('pending', 'snoozed') THEN s.reasons END AS reasons,
                array_agg(sc.contact_id ORDER BY sc.contact_id) AS contact_ids
            FROM suggestions s JOIN suggestion_contacts sc ON sc.suggestion_id = s.id
            WHERE s.household_id = ANY($1) AND s.state IN ('pending', 'snoozed', 'accepted')
                OR s.user_id = ANY($2) AND s.state IN ('dismissed', 'confirmed', 'missed')
                    AND s.closed_at > $3
            GROUP BY s.id""",
        [scope.household_id for scope in scopes],
        [scope.user_id for scope in scopes],
        now - ANSWERS_KEPT,
    )


INSERTED = (
    "id", "household_id", "user_id", "trigger", "way", "slot_start", "slot_end", "slot_zone",
    "score", "reasons", "about_on", "contact_id", "link_id",
)  # fmt: skip


async def insert_suggestions(
    scopes: Sequence[Scope], rows: Sequence[dict[str, Any]], *, now: datetime
) -> None:
    """Write new pending suggestions with their contacts, in one statement; `reasons` is JSON.

    They are counted in it, too, trigger by trigger in one order for all: two passes that end at
    the same time wait for each other, but not in a circle.

    As text: a list of lists would be a two-dimensional array to PostgreSQL. One about a contact
    that was deleted since it was read is left out; the others' contacts stay until the commit.
    """
    if not rows:
        return
    allowed = {scope.user_id for scope in scopes}
    if any(row["user_id"] not in allowed for row in rows):
        raise ValueError("a suggestion for a user outside the pass")
    await db.execute(
        """WITH held AS MATERIALIZED (
                SELECT id, household_id FROM contacts WHERE id = ANY($12) ORDER BY id
                FOR KEY SHARE),
            new AS (
                SELECT n.* FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],
                    $6::timestamptz[], $7::timestamptz[], $8::text[], $9::float8[], $10::text[],
                    $11::date[], $12::uuid[], $13::uuid[])
                AS n (id, household_id, user_id, trigger, way, slot_start, slot_end, slot_zone,
                    score, reasons, about_on, contact_id, link_id)
                JOIN held ON held.id = n.contact_id AND held.household_id = n.household_id),
            written AS (
                INSERT INTO suggestions (id, household_id, user_id, trigger, way, slot_start,
                    slot_end, slot_zone, score, reasons, about_on, created_at, updated_at)
                SELECT id, household_id, user_id, trigger, way, slot_start, slot_end, slot_zone,
                    score, reasons::jsonb, about_on, $14, $14 FROM new),
            counted AS (
                INSERT INTO suggestion_totals AS t (trigger, made)
                SELECT trigger, count(*) FROM new GROUP BY trigger ORDER BY trigger
                ON CONFLICT (trigger) DO UPDATE SET made = t.made + excluded.made)
            INSERT INTO suggestion_contacts (id, household_id, user_id, suggestion_id, contact_id)
            SELECT link_id, household_id, user_id, id, contact_id FROM new""",
        *([row[column] for row in rows] for column in INSERTED),
        now,
    )


async def update_reviewed(
    scopes: Sequence[Scope], rows: Sequence[dict[str, Any]], *, now: datetime
) -> None:
    """Give suggestions a fresh slot, or end those without a reason left.

    Pending ones, and snoozed ones whose time is over; whatever became another meanwhile is left.
    """
    if not rows:
        return
    await db.execute(
        """UPDATE suggestions s SET state = w.state, slot_start = w.slot_start,
                slot_end = w.slot_end, slot_zone = w.slot_zone, way = w.way,
                closed_at = CASE WHEN w.state = 'expired' THEN $8::timestamptz END,
                snoozed_until = NULL, updated_at = $8, version = version + 1,
                sequence = sequence + 1
            FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[],
                $7::text[]) AS w (id, state, slot_start, slot_end, slot_zone, way)
            WHERE s.id = w.id AND s.user_id = ANY($1)
                AND (s.state = 'pending' OR s.state = 'snoozed' AND s.snoozed_until <= $8)""",
        [scope.user_id for scope in scopes],
        *(
            [row[column] for row in rows]
            for column in ("id", "state", "slot_start", "slot_end", "slot_zone", "way")
        ),
        now,
    )


async def list_scopes_of_server(*, after: UUID | None, limit: int) -> list[Scope]:
    """Return the next users, by id, whom a pass over everybody has to visit."""
    rows = await db.fetch(
        """SELECT household_id, id FROM users
            WHERE disabled_at IS NULL AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2""",
        after,
        limit,
    )
    return [Scope(row["household_id"], row["id"]) for row in rows]
