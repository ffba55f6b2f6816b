"""Statements that read contacts. What belongs to a contact comes in the same row as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

# $1 is always the household, $2 the user.
VISIBLE = "c.household_id = $1 AND (c.visibility = 'household' OR c.user_id = $2)"

_SUMMARY = """c.id, c.user_id, c.visibility, c.name, c.name_key, c.nickname, c.organisation,
    c.title, c.location, c.zone, c.zone_source, c.source, c.created_at, c.updated_at, c.version,
    s.cadence, s.cadence_days, s.circle, s.archived_at, s.paused_until, s.preferred_way,
    coalesce(s.never_suggest, false) AS never_suggest,
    (SELECT max(i.occurred_at) FROM interaction_contacts ic
        JOIN interactions i ON i.id = ic.interaction_id
        WHERE ic.contact_id = c.id AND ic.household_id = $1 AND i.household_id = $1
            AND i.state = 'confirmed') AS last_contacted_at,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'kind', p.kind, 'value', p.value,
            'label', p.label, 'preferred', p.is_preferred, 'normalised', p.normalised,
            'components', p.components, 'params', p.params, 'source', p.source,
            'confirmed_at', p.confirmed_at) ORDER BY p.position, p.id), '[]')
        FROM contact_points p WHERE p.contact_id = c.id AND p.household_id = $1) AS points,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', d.kind, 'label', d.label,
            'year', d.year, 'month', d.month, 'day', d.day)
            ORDER BY d.month, d.day, d.kind, d.id), '[]')
        FROM contact_dates d WHERE d.contact_id = c.id AND d.household_id = $1) AS dates,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name,
            'cadence', g.cadence, 'cadence_days', g.cadence_days,
            'archived', g.archived_at IS NOT NULL) ORDER BY lower(g.name)), '[]')
        FROM group_members m JOIN groups g ON g.id = m.group_id
        WHERE m.contact_id = c.id AND g.household_id = $1 AND g.user_id = $2) AS groups,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name)
            ORDER BY t.name_key), '[]')
        FROM contact_tags ct JOIN tags t ON t.id = ct.tag_id
        WHERE ct.contact_id = c.id AND t.household_id = $1 AND t.user_id = $2) AS tags"""

_FROM = """contacts c LEFT JOIN contact_settings s
        ON s.contact_id = c.id AND s.household_id = $1 AND s.user_id = $2"""

_ARCHIVED = {
    "false": "s.archived_at IS NULL",
    "true": "s.archived_at IS NOT NULL",
    "all": "TRUE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which contacts a list shows: `words` all occur in the search key; None does not matter."""

    words: Sequence[str] = ()
    group_id: UUID | None = None
    tag_id: UUID | None = None
    circle: str | None = None
    archived: str = "false"


_WHOLE = f"""SELECT {_SUMMARY}, c.notes, c.custom_fields, c.kept_properties, c.uid, c.fingerprint,
        (SELECT u.zone FROM users u WHERE u.household_id = $1 AND u.id = $2) AS home_zone
    FROM {_FROM} WHERE {VISIBLE}"""


async def get_contact(scope: Scope, contact_id: UUID) -> Row | None:
    """Return a contact with everything that belongs to it, and the reader's own settings."""
    return await db.fetch_row(
        f"{_WHOLE} AND c.id = $3", scope.household_id, scope.user_id, contact_id
    )


async def list_whole(scope: Scope, contact_ids: Sequence[UUID]) -> list[Row]:
    """Return these contacts as `get_contact` does, those that the reader sees."""
    return await db.fetch(
        f"{_WHOLE} AND c.id = ANY($3)", scope.household_id, scope.user_id, contact_ids
    )


async def list_whole_page(scope: Scope, *, after: tuple[str, UUID] | None, limit: int) -> list[Row]:
    """Return a page of all contacts as `get_contact` does, archived ones too, by name."""
    return await db.fetch(
        f"""{_WHOLE} AND ($3::text IS NULL OR (c.name_key, c.id) > ($3, $4::uuid))
            ORDER BY c.name_key, c.id LIMIT $5""",
        scope.household_id,
        scope.user_id,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )


async def list_contacts(
    scope: Scope, wanted: Wanted, *, after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return the contacts after (name_key, id), by name; notes and custom fields stay away."""
    values: list[Any] = [scope.household_id, scope.user_id]
    conditions = [VISIBLE, _ARCHIVED[wanted.archived]]

    def bind(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    if wanted.words:
        patterns = [f"%{_literal(word)}%" for word in wanted.words]
        # The longest word alone goes through the trigram index; ALL could not.
        conditions.append(f"c.search_key LIKE {bind(max(patterns, key=len))}")
        conditions.append(f"c.search_key LIKE ALL ({bind(patterns)}::text[])")
    if wanted.group_id is not None:
        conditions.append(
            f"""EXISTS (SELECT FROM group_members m WHERE m.contact_id = c.id
                AND m.household_id = $1 AND m.user_id = $2
                AND m.group_id = {bind(wanted.group_id)})"""
        )
    if wanted.tag_id is not None:
        conditions.append(
            f"""EXISTS (SELECT FROM contact_tags ct WHERE ct.contact_id = c.id
                AND ct.household_id = $1 AND ct.user_id = $2
                AND ct.tag_id = {bind(wanted.tag_id)})"""
        )
    if wanted.circle is not None:
        conditions.append(f"s.circle = {bind(wanted.circle)}")
    if after is not None:
        key, contact_id = after
        conditions.append(f"(c.name_key, c.id) > ({bind(key)}, {bind(contact_id)})")
    return await db.fetch(
        f"""SELECT {_SUMMARY} FROM {_FROM} WHERE {" AND ".join(conditions)}
            ORDER BY c.name_key, c.id LIMIT {bind(limit)}""",
        *values,
    )


async def has_filters(scope: Scope, wanted: Wanted) -> bool:
    """Say whether the group and the tag that `wanted` names are the user's own."""
    if wanted.group_id is None and wanted.tag_id is None:
        return True
    return bool(
        await db.fetch_value(
            """SELECT ($3::uuid IS NULL OR EXISTS (SELECT FROM groups
                    WHERE household_id = $1 AND user_id = $2 AND id = $3))
                AND ($4::uuid IS NULL OR EXISTS (SELECT FROM tags
                    WHERE household_id = $1 AND user_id = $2 AND id = $4))""",
            scope.household_id,
            scope.user_id,
            wanted.group_id,
            wanted.tag_id,
        )
    )


async def count_visible(scope: Scope, contact_ids: Sequence[UUID]) -> int:
    """Count those of `contact_ids` that the reader sees; in a transaction they cannot go away."""
    return int(
        await db.fetch_value(
            f"""SELECT count(*) FROM (SELECT c.id FROM contacts c
                WHERE {VISIBLE} AND c.id = ANY($3) ORDER BY c.id FOR KEY SHARE) AS seen""",
            scope.household_id,
            scope.user_id,
            contact_ids,
        )
    )


def _literal(word: str) -> str:
    """Escape what LIKE would read as a pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
