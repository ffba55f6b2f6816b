"""Statements that write contacts, each with all that belongs to it: one or thousands alike.

Rows go as one array per column. Not COPY: asyncpg cannot send JSON through it, and a single
statement needs no transaction around it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from server import db
from server.contacts.queries import VISIBLE
from server.db import Row
from server.lib.scope import Scope

# column → type; the order of the rows' values
CONTACT = {
    "id": "uuid",
    "version": "int",
    "visibility": "text",
    "name": "text",
    "name_key": "text",
    "nickname": "text",
    "organisation": "text",
    "title": "text",
    "location": "text",
    "zone": "text",
    "zone_source": "text",
    "search_key": "text",
    "notes": "bytea",
    "custom_fields": "bytea",
    "kept_properties": "bytea",
    "uid": "text",
    "source": "text",
    "fingerprint": "bytea",
}
POINT = {
    "id": "uuid",
    "contact_id": "uuid",
    "kind": "text",
    "value": "text",
    "normalised": "text",
    "components": "jsonb",
    "label": "text",
    "is_preferred": "bool",
    "params": "jsonb",
    "source": "text",
    "confirmed_at": "timestamptz",
    "position": "smallint",
}
DATE = {
    "id": "uuid",
    "contact_id": "uuid",
    "kind": "text",
    "label": "text",
    "year": "smallint",
    "month": "smallint",
    "day": "smallint",
}
SETTINGS = {
    "id": "uuid",
    "contact_id": "uuid",
    "cadence": "text",
    "cadence_days": "smallint",
    "circle": "text",
    "paused_until": "timestamptz",
    "never_suggest": "bool",
    "preferred_way": "text",
}
Rows = Sequence[Sequence[Any]]
Tables = tuple[Rows, Rows, Rows, Rows]
"""Rows of contacts, points, dates and settings."""


def _given(columns: dict[str, str], first: int, *, one: bool = False) -> str:
    """Return the FROM item `n` of what is bound from `$first` on: arrays, or `one` row."""
    numbered = [(f"${first + i}", name, kind) for i, (name, kind) in enumerate(columns.items())]
    if one:
        return f"(SELECT {', '.join(f'{n}::{kind} AS {name}' for n, name, kind in numbered)}) AS n"
    arrays = ", ".join(f"{number}::{kind}[]" for number, _, kind in numbered)
    return f"unnest({arrays}) AS n({', '.join(columns)})"


def _names(columns: dict[str, str], prefix: str = "") -> str:
    return ", ".join(prefix + name for name in columns)


def _set(columns: dict[str, str], source: str) -> str:
    return ", ".join(
        f"{name} = {source}.{name}"
        for name in columns
        if name not in ("id", "contact_id", "version")
    )


def _arrays(columns: dict[str, str], rows: Rows) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in columns]


# $1 household, $2 user, $3 now, then what each table gets; dates last, as most contacts have none.
_POINTS_AT = 4 + len(CONTACT)
_SETTINGS_AT = _POINTS_AT + len(POINT)
_DATES_AT = _SETTINGS_AT + len(SETTINGS)

_POINTS_KNOWN = f"""ON CONFLICT (id) DO UPDATE SET {_set(POINT, "excluded")}
            WHERE contact_points.household_id = $1"""
_SETTINGS_KNOWN = f"""ON CONFLICT (contact_id, user_id) DO UPDATE SET
            {_set(SETTINGS, "excluded")}, version = contact_settings.version + 1"""


def _parts(points_known: str = "", settings_known: str = "", *, one: bool, has_dates: bool) -> str:
    """Return the CTEs that write what belongs to the contacts in `saved`.

    Points and dates belong to the contact's author, whoever writes; settings to the writer.
    """
    dates = f"""dates AS (
        INSERT INTO contact_dates (household_id, user_id, {_names(DATE)})
        SELECT $1, saved.user_id, {_names(DATE, "n.")}
            FROM {_given(DATE, _DATES_AT)} JOIN saved ON saved.id = n.contact_id
    ), """
    return f"""{dates if has_dates else ""}points AS (
        INSERT INTO contact_points (household_id, user_id, {_names(POINT)})
        SELECT $1, saved.user_id, {_names(POINT, "n.")}
            FROM {_given(POINT, _POINTS_AT)} JOIN saved ON saved.id = n.contact_id
        {points_known}
    ), settings AS (
        INSERT INTO contact_settings (household_id, user_id, {_names(SETTINGS)}, version)
        SELECT $1, $2, {_names(SETTINGS, "n.")}, 1
            FROM {_given(SETTINGS, _SETTINGS_AT, one=one)} JOIN saved ON saved.id = n.contact_id
        {settings_known}
    )"""


def _insert(*, one: bool, has_dates: bool) -> str:
    return f"""WITH saved AS (
        INSERT INTO contacts ({_names(CONTACT)}, household_id, user_id, created_at, updated_at)
        SELECT {_names(CONTACT, "n.")}, $1, $2, $3, $3 FROM {_given(CONTACT, 4, one=one)}
        RETURNING id, user_id
    ), {_parts(one=one, has_dates=has_dates)}
    SELECT id FROM saved"""


def _update(*, one: bool, has_dates: bool) -> str:
    return f"""WITH saved AS (
        UPDATE contacts c SET {_set(CONTACT, "n")}, updated_at = $3, version = c.version + 1
            FROM {_given(CONTACT, 4, one=one)}
            WHERE {VISIBLE} AND c.id = n.id AND c.version = n.version
        RETURNING c.id, c.user_id
    ), gone_points AS (
        DELETE FROM contact_points p USING saved
            WHERE p.contact_id = saved.id AND p.id <> ALL (${_POINTS_AT}::uuid[])
    ), gone_dates AS (
        DELETE FROM contact_dates d USING saved
            WHERE d.household_id = $1 AND d.contact_id = saved.id
    ), {_parts(_POINTS_KNOWN, _SETTINGS_KNOWN, one=one, has_dates=has_dates)}
    SELECT id FROM saved"""


# Most edits leave phones, dates and settings as they are.
_UPDATE_ALONE = f"""UPDATE contacts c SET {_set(CONTACT, "n")}, updated_at = $3,
        version = c.version + 1
    FROM {_given(CONTACT, 4, one=True)}
    WHERE {VISIBLE} AND c.id = n.id AND c.version = n.version"""
# Of one contact, which is what requests write, its values cost half of what arrays of one do.
_KINDS = list(product((True, False), repeat=2))
_INSERT = {(one, dates): _insert(one=one, has_dates=dates) for one, dates in _KINDS}
_UPDATE = {(one, dates): _update(one=one, has_dates=dates) for one, dates in _KINDS}


async def insert_contacts(
    scope: Scope, contacts: Rows, points: Rows, dates: Rows, settings: Rows, *, now: datetime
) -> None:
    """Add contacts with their points, dates and the author's settings in one statement."""
    await _write(_INSERT, scope, (contacts, points, dates, settings), now)


async def update_contacts(
    scope: Scope, contacts: Rows, points: Rows, dates: Rows, settings: Rows, *, now: datetime
) -> set[UUID]:
    """Replace contacts whose version is still the one given; return the ids of those replaced.

    Points with a known id stay, others come and go; dates are written anew. Of a contact whose
    version is another meanwhile, nothing is touched.
    """
    rows = await _write(_UPDATE, scope, (contacts, points, dates, settings), now)
    return {row["id"] for row in rows}


async def update_contact_alone(scope: Scope, contact: Sequence[Any], *, now: datetime) -> bool:
    """Replace what stands in the contact's own row, if its version is still the one given."""
    return bool(await db.execute(_UPDATE_ALONE, scope.household_id, scope.user_id, now, *contact))


async def set_archived(
    scope: Scope,
    contact_id: UUID,
    settings_id: UUID,
    *,
    archived_at: datetime | None,
    now: datetime,
) -> bool:
    """Set or clear when the user archived a contact; the first time stays. False: not visible."""
    return bool(
        await db.fetch_value(
            f"""WITH saved AS (
                UPDATE contacts c SET version = c.version + 1, updated_at = $6
                    WHERE {VISIBLE} AND c.id = $3 RETURNING c.id
                )
                INSERT INTO contact_settings AS s
                    (id, household_id, user_id, contact_id, archived_at, never_suggest, version)
                SELECT $4, $1, $2, saved.id, $5, false, 1 FROM saved
                ON CONFLICT (contact_id, user_id) DO UPDATE SET version = s.version + 1,
                    archived_at = CASE WHEN $5 IS NULL THEN NULL
                        ELSE coalesce(s.archived_at, $5) END
                RETURNING true""",
            scope.household_id,
            scope.user_id,
            contact_id,
            settings_id,
            archived_at,
            now,
        )
    )


async def never_suggest(
    scope: Scope, contact_ids: Sequence[UUID], settings_ids: Sequence[UUID]
) -> None:
    """Set `never_suggest` in the user's settings of contacts; `settings_ids` are for new rows."""
    await db.execute(
        """INSERT INTO contact_settings AS s
                (id, household_id, user_id, contact_id, never_suggest, version)
            SELECT n.id, $1, $2, n.contact_id, true, 1
            FROM unnest($3::uuid[], $4::uuid[]) AS n (id, contact_id)
            ON CONFLICT (contact_id, user_id)
            DO UPDATE SET never_suggest = true, version = s.version + 1""",
        scope.household_id,
        scope.user_id,
        settings_ids,
        contact_ids,
    )


async def lock_contact(scope: Scope, contact_id: UUID) -> None:
    """Hold a contact that the user sees until the transaction ends; talks may still name it."""
    await db.execute(
        f"SELECT FROM contacts c WHERE {VISIBLE} AND c.id = $3 FOR NO KEY UPDATE",
        scope.household_id,
        scope.user_id,
        contact_id,
    )


async def delete_contact(scope: Scope, contact_id: UUID, *, version: int | None) -> Row | None:
    """Delete a contact of the user's own; return {photo_id} of its photo, whose object stays.

    None when it is not the user's, or has another version.
    """
    return await db.fetch_row(
        """DELETE FROM contacts WHERE household_id = $1 AND user_id = $2 AND id = $3
            AND version = coalesce($4, version) RETURNING photo_id""",
        scope.household_id,
        scope.user_id,
        contact_id,
        version,
    )


async def _write(
    statements: Mapping[tuple[bool, bool], str], scope: Scope, tables: Tables, now: datetime
) -> list[Row]:
    contacts, points, dates, settings = tables
    one = len(contacts) == len(settings) == 1
    values = [
        *(contacts[0] if one else _arrays(CONTACT, contacts)),
        *_arrays(POINT, points),
        *(settings[0] if one else _arrays(SETTINGS, settings)),
        *(_arrays(DATE, dates) if dates else ()),
    ]
    statement = statements[one, bool(dates)]
    return await db.fetch(statement, scope.household_id, scope.user_id, now, *values)
