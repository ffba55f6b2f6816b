"""Statements that read contacts. What belongs to a contact comes in the same row as JSON."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server import db
from server.contacts import queries_page
from server.contacts.queries_filters import Bind, Wanted, as_typed, conditions, nearly
from server.db import Row
from server.lib.scope import Scope

# $1 is always the household, $2 the user.
VISIBLE = "c.household_id = $1 AND (c.visibility = 'household' OR c.user_id = $2)"

# A contact's parts are found by its id: their keys bind them to the contact's household, and a
# condition that no index needs would lead the planner to look through all of the household's.
_PLAIN = """c.id, c.user_id, c.visibility, c.name, c.name_key, c.nickname, c.organisation,
    c.title, c.location, c.zone, c.zone_source, c.source, c.created_at, c.updated_at, c.version,
    c.photo_id, c.photo_width, c.photo_height, c.photo_at,
    s.cadence, s.cadence_days, s.circle, s.archived_at, s.paused_until, s.preferred_way,
    coalesce(s.never_suggest, false) AS never_suggest,
    (SELECT max(i.occurred_at) FROM interaction_contacts ic
        JOIN interactions i ON i.id = ic.interaction_id
        WHERE ic.contact_id = c.id AND i.state = 'confirmed') AS last_contacted_at,
    (SELECT u.zone FROM users u WHERE u.household_id = $1 AND u.id = $2) AS home_zone"""

_PARTS = """(SELECT coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'kind', p.kind,
            'value', p.value, 'label', p.label, 'preferred', p.is_preferred,
            'normalised', p.normalised, 'components', p.components, 'params', p.params,
            'source', p.source, 'confirmed_at', p.confirmed_at) ORDER BY p.position, p.id), '[]')
        FROM contact_points p WHERE p.contact_id = c.id) AS points,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', d.kind, 'label', d.label,
            'year', d.year, 'month', d.month, 'day', d.day)
            ORDER BY d.month, d.day, d.kind, d.id), '[]')
        FROM contact_dates d WHERE d.household_id = $1 AND d.contact_id = c.id) AS dates,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name,
            'cadence', g.cadence, 'cadence_days', g.cadence_days,
            'archived', g.archived_at IS NOT NULL) ORDER BY lower(g.name)), '[]')
        FROM group_members m JOIN groups g ON g.id = m.group_id
        WHERE m.contact_id = c.id AND m.user_id = $2) AS groups,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name)
            ORDER BY t.name_key), '[]')
        FROM contact_tags ct JOIN tags t ON t.id = ct.tag_id
        WHERE ct.contact_id = c.id AND ct.user_id = $2) AS tags"""

_FROM = """contacts c LEFT JOIN contact_settings s
        ON s.contact_id = c.id AND s.user_id = $2"""

# The settings of one contact after the other. Where a page is walked in the order of an index, the
# planner then sees that whoever has the most contacts pays for no more of them than are shown.
_WALK = """contacts c LEFT JOIN LATERAL (SELECT * FROM contact_settings
        WHERE contact_id = c.id AND user_id = $2 LIMIT 1) s ON true"""

# What VISIBLE says, in two parts that each have an index in the order of the list.
_OWN = "c.household_id = $1 AND c.user_id = $2"
_SHARED = "c.household_id = $1 AND c.visibility = 'household'"

# What a page of a list shows, and what a contact has.
_REPLY = f"{_PLAIN}, {queries_page.COLUMNS}"
_WHOLE = (
    f"""{_PLAIN}, {_PARTS}, c.notes, c.custom_fields, c.kept_properties, c.uid, c.fingerprint"""
)


async def get_contact(scope: Scope, contact_id: UUID) -> Row | None:
    """Return a contact with everything that belongs to it, and the reader's own settings."""
    return await db.fetch_row(
        f"SELECT {_WHOLE} FROM {_FROM} WHERE {VISIBLE} AND c.id = $3",
        scope.household_id,
        scope.user_id,
        contact_id,
    )


async def list_whole(scope: Scope, contact_ids: Sequence[UUID]) -> list[Row]:
    """Return these contacts as `get_contact` does, those that the reader sees."""
    return await db.fetch(
        f"SELECT {_WHOLE} FROM {_FROM} WHERE {VISIBLE} AND c.id = ANY($3)",
        scope.household_id,
        scope.user_id,
        contact_ids,
    )


async def list_whole_page(scope: Scope, *, after: tuple[str, UUID] | None, limit: int) -> list[Row]:
    """Return a page of all contacts as `get_contact` does, archived ones too, by name."""
    return await _list_page(_WHOLE, "", scope, Wanted(archived="all"), after, limit)


async def list_contacts(
    scope: Scope, wanted: Wanted, *, after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return the contacts after (name_key, id), by name, as `queries_page` writes them."""
    return await _list_page(_REPLY, queries_page.JOINED, scope, wanted, after, limit)


async def list_nearly(
    scope: Scope, wanted: Wanted, *, after: tuple[Any, ...] | None, limit: int
) -> list[Row]:
    """Return what `list_contacts` would if some of the words had a typing error, and only that."""
    values: list[Any] = [scope.household_id, scope.user_id, limit]
    bind = _binder(values)
    # MATERIALIZED: else the planner may walk all names, comparing each with each word.
    return await db.fetch(
        f"""WITH found AS MATERIALIZED (
                SELECT c.id FROM contacts c WHERE {VISIBLE} AND {nearly(wanted.words, bind)})
            SELECT {_REPLY} FROM (
                SELECT c.id, c.name_key FROM found JOIN ({_FROM}) ON c.id = found.id
                WHERE {" AND ".join([*conditions(wanted, bind), *_after(after, bind)])}
                ORDER BY c.name_key, c.id LIMIT $3
            ) AS page JOIN ({_FROM}) ON c.id = page.id {queries_page.JOINED}
            ORDER BY page.name_key, page.id""",
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


async def count_all_visible(scope: Scope) -> int:
    """Return how many contacts the caller sees, archived ones too."""
    found = await db.fetch_value(
        f"SELECT count(*) FROM contacts c WHERE {VISIBLE}", scope.household_id, scope.user_id
    )
    return int(found)


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


async def _list_page(
    columns: str,
    joined: str,
    scope: Scope,
    wanted: Wanted,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Row]:
    values: list[Any] = [scope.household_id, scope.user_id]
    bind = _binder(values)
    wishes = [*conditions(wanted, bind), *_after(after, bind)]
    if wanted.words:
        wishes.append(as_typed(wanted.words, bind))
    source = _WALK if wanted.are_most else _FROM
    met = " AND ".join(wishes)
    return await db.fetch(
        f"""SELECT {columns} FROM (
                ({_ids(_OWN, source, met, limit)}) UNION ({_ids(_SHARED, source, met, limit)})
                ORDER BY name_key, id LIMIT {limit:d}
            ) AS page JOIN ({_FROM}) ON c.id = page.id {joined}
            ORDER BY page.name_key, page.id""",
        *values,
    )


def _ids(whose: str, source: str, met: str, limit: int) -> str:
    """Return the statement of the first of one part.

    The number stands in the text: with one that is bound, PostgreSQL keeps a plan for a tenth of
    all that the user has.
    """
    return f"""SELECT c.id, c.name_key FROM {source} WHERE {whose} AND {met}
        ORDER BY c.name_key, c.id LIMIT {limit:d}"""


def _after(after: tuple[Any, ...] | None, bind: Bind) -> list[str]:
    if after is None:
        return []
    key, contact_id = after
    return [f"(c.name_key, c.id) > ({bind(key)}, {bind(contact_id)})"]


def _binder(values: list[Any]) -> Bind:
    def bind(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    return bind
