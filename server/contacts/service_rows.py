"""Between database rows and drafts: what is encrypted, in JSON, or worked out."""

import json
from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from server.contacts.drafts import (
    ContactDraft,
    DateDraft,
    Known,
    PointDraft,
    PreparedContact,
    SettingsDraft,
)
from server.contacts.queries_write import CONTACT, DATE, POINT, SETTINGS, Tables
from server.contacts.schemas_out import DateOut
from server.db import Row
from server.keys.service import Box
from server.lib.cadence import spoken_word, stored_word
from server.lib.ids import uuid7
from server.lib.scope import Scope

TABLE = "contacts"
_KEYS = ("id", "contact_id")
_PHOTO = ("photo_id", "photo_width", "photo_height", "photo_at")


def draft(row: Row, box: Box) -> ContactDraft:
    """Return the row of `queries.get_contact` as the draft that it was made from."""
    return ContactDraft(
        name=row["name"],
        visibility=row["visibility"],
        nickname=row["nickname"],
        organisation=row["organisation"],
        title=row["title"],
        location=row["location"],
        zone=row["zone"] if row["zone_source"] == "given" else None,
        notes=box.open_if(TABLE, "notes", row["id"], row["notes"]),
        custom_fields=opened_json(row, box, "custom_fields") or {},
        points=tuple(_point_draft(point) for point in row["points"]),
        dates=tuple(DateDraft(**date) for date in row["dates"]),
        settings=SettingsDraft(
            cadence=spoken_word(row["cadence"]),
            cadence_days=row["cadence_days"],
            circle=row["circle"],
            paused_until=row["paused_until"],
            never_suggest=row["never_suggest"],
            preferred_way=row["preferred_way"],
        ),
        kept_properties=opened_json(row, box, "kept_properties"),
        uid=row["uid"],
        source=row["source"],
        fingerprint=row["fingerprint"],
    )


def known(row: Row) -> Known:
    """Return what was worked out of the row of `queries.get_contact` when it was written."""
    return Known(row["zone"], tuple([point["normalised"] for point in row["points"]]))


def table_rows(contacts: Sequence[PreparedContact], box: Box) -> Tables:
    """Return the rows of contacts, points, dates and settings, as `queries_write` orders them."""
    return (
        [contact_row(contact, box) for contact in contacts],
        [row for contact in contacts for row in _point_rows(contact)],
        [
            (uuid7(), contact.id, date.kind, date.label, date.year, date.month, date.day)
            for contact in contacts
            for date in contact.draft.dates
        ],
        [_settings_row(contact) for contact in contacts],
    )


def new_row(rows: Tables, scope: Scope, *, home_zone: str, now: datetime) -> Row:
    """Return what `queries.get_contact` would of a contact just inserted: rows of `table_rows`."""
    empty = dict.fromkeys(("archived_at", "last_contacted_at", *_PHOTO))
    mine = {"user_id": scope.user_id, "created_at": now, "home_zone": home_zone}
    return edited_row(empty | mine | {"groups": [], "tags": [], "version": 0}, rows, now=now)


def edited_row(before: Row, rows: Tables, *, now: datetime) -> Row:
    """Return what `queries.get_contact` would of a contact just updated, which gave `before`.

    What `rows`, those of `table_rows`, do not hold is as it was: groups, tags, archive, talks.
    """
    (contact,), points, dates, (settings,) = rows
    renewed = renewed_row(before, contact, now=now)
    named_points = [dict(zip(POINT, point, strict=True)) for point in points]
    named_dates = [dict(zip(DATE, date, strict=True)) for date in dates]
    return {
        **renewed,
        **{
            name: value for name, value in zip(SETTINGS, settings, strict=True) if name not in _KEYS
        },
        "points": [point | {"preferred": point["is_preferred"]} for point in named_points],
        "dates": [
            {name: date[name] for name in DateOut.model_fields}
            for date in sorted(named_dates, key=itemgetter("month", "day", "kind", "id"))
        ],
    }


def renewed_row(before: Row, contact: Sequence[Any], *, now: datetime) -> dict[str, Any]:
    """Return `before` with what `contact`, a row of `table_rows`, says of the contact alone."""
    return {
        **before,
        **dict(zip(CONTACT, contact, strict=True)),
        "version": before["version"] + 1,
        "updated_at": now,
    }


def contact_row(contact: PreparedContact, box: Box) -> tuple[Any, ...]:
    """Return the contact's own row, as `queries_write` orders it."""
    wanted = contact.draft

    def sealed(column: str, text: str | None) -> bytes | None:
        return box.seal_if(TABLE, column, contact.id, text)

    def as_json(value: Any) -> str | None:
        return json.dumps(value, ensure_ascii=False) if value else None

    return (
        contact.id,
        contact.version or 1,
        wanted.visibility,
        wanted.name,
        contact.name_key,
        wanted.nickname,
        wanted.organisation,
        wanted.title,
        wanted.location,
        contact.zone,
        contact.zone_source,
        contact.search_key,
        sealed("notes", wanted.notes),
        sealed("custom_fields", as_json(wanted.custom_fields)),
        sealed("kept_properties", as_json(wanted.kept_properties)),
        wanted.uid,
        wanted.source,
        wanted.fingerprint,
    )


def _point_rows(contact: PreparedContact) -> list[tuple[Any, ...]]:
    return [
        (
            point.id or uuid7(),
            contact.id,
            point.kind,
            point.value,
            comparable,
            point.components,
            point.label,
            point.preferred,
            point.params,
            point.source,
            point.confirmed_at,
            position,
        )
        for position, (point, comparable) in enumerate(
            zip(contact.draft.points, contact.comparable, strict=True)
        )
    ]


def _settings_row(contact: PreparedContact) -> tuple[Any, ...]:
    wish = contact.draft.settings
    return (
        uuid7(),
        contact.id,
        stored_word(wish.cadence, wish.cadence_days),
        wish.cadence_days,
        wish.circle,
        wish.paused_until,
        wish.never_suggest,
        wish.preferred_way,
    )


def _point_draft(point: dict[str, Any]) -> PointDraft:
    plain = {k: v for k, v in point.items() if k not in ("id", "normalised", "confirmed_at")}
    confirmed = point["confirmed_at"]
    return PointDraft(
        **plain,
        id=point["id"],
        confirmed_at=datetime.fromisoformat(confirmed) if confirmed else None,
    )


def opened_json(row: Row, box: Box, column: str) -> Any:
    """Return what an encrypted column holds as JSON; None where it is empty."""
    text = box.open_if(TABLE, column, row["id"], row[column])
    return None if text is None else json.loads(text)
