"""Between our own files (JSON, CSV) and what CatchUp stores; pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from server.contacts.card_drafts import draft_of_card
from server.contacts.csv_files.contact import CsvContact
from server.contacts.drafts import ContactDraft, DateDraft, PointDraft, SettingsDraft
from server.contacts.import_entries import Entry, Read, Refused
from server.contacts.schemas import CustomFields, Visibility
from server.contacts.schemas_file import (
    ContactRecord,
    KeptRecord,
    PointRecord,
    SettingsRecord,
)
from server.contacts.vcard.card import BadCard, CardWarning
from server.lib.tag_names import clean_tag

LONGEST_GROUP = 100
_CUSTOM: TypeAdapter[dict[str, Any]] = TypeAdapter(CustomFields)
_VISIBILITY: TypeAdapter[str] = TypeAdapter(Visibility)
_BAD_SETTING = "{} cannot be read; kept as it is."


def entries_of_rows(rows: Iterable[CsvContact | BadCard]) -> Iterator[Read]:
    """Yield what each row of a CSV file is."""
    for row in rows:
        if isinstance(row, BadCard):
            yield Refused(row.position, row.line, row.name, "failed", row.code, row.reason)
        else:
            yield _entry_of_row(row)


def draft_of_record(record: ContactRecord, fingerprint: bytes) -> ContactDraft:
    """Return a contact of a JSON file as a contact to store.

    Raises:
        ValueError: a tag or a group's name is none.
    """
    settings = record.settings
    return ContactDraft(
        name=record.name,
        visibility=record.visibility,
        nickname=record.nickname or None,
        organisation=record.organisation or None,
        title=record.title or None,
        location=record.location or None,
        zone=record.zone,
        notes=record.notes or None,
        custom_fields=dict(record.custom_fields),
        points=tuple(_point(point) for point in record.points),
        dates=tuple(
            DateDraft(kind=d.kind, label=d.label or None, year=d.year, month=d.month, day=d.day)
            for d in record.dates
        ),
        settings=SettingsDraft(
            cadence=settings.cadence,
            cadence_days=settings.cadence_days,
            circle=settings.circle,
            paused_until=settings.paused_until,
            never_suggest=settings.never_suggest,
            preferred_way=settings.preferred_way,
        ),
        tags=tuple(dict.fromkeys(clean_tag(tag) for tag in record.tags)),
        groups=tuple(dict.fromkeys(_group(name) for name in record.groups)),
        kept_properties=[_kept_list(entry) for entry in record.kept_properties or ()] or None,
        uid=record.uid or None,
        source=record.source,
        fingerprint=fingerprint,
    )


def record_of(draft: ContactDraft, row: Mapping[str, Any], uid: str) -> dict[str, Any]:
    """Return a stored contact as a ContactRecord in JSON; `row` is its row."""
    settings = draft.settings
    return {
        "uid": uid,
        "name": draft.name,
        "visibility": draft.visibility,
        "nickname": draft.nickname,
        "organisation": draft.organisation,
        "title": draft.title,
        "location": draft.location,
        "zone": draft.zone,
        "notes": draft.notes,
        "custom_fields": dict(draft.custom_fields),
        "points": [_point_json(point) for point in draft.points],
        "dates": [
            {"kind": d.kind, "label": d.label, "year": d.year, "month": d.month, "day": d.day}
            for d in draft.dates
        ],
        "settings": {
            "cadence": settings.cadence,
            "cadence_days": settings.cadence_days,
            "circle": settings.circle,
            "paused_until": _iso(settings.paused_until),
            "never_suggest": settings.never_suggest,
            "preferred_way": settings.preferred_way,
            "archived_at": _iso(row["archived_at"]),
        },
        "tags": list(draft.tags),
        "groups": list(draft.groups),
        "kept_properties": [
            {"group": group, "name": name, "params": params, "value": value, "stands_for": stands}
            for group, name, params, value, stands in draft.kept_properties or ()
        ],
        "source": draft.source,
        "created_at": _iso(row["created_at"]),
        "updated_at": _iso(row["updated_at"]),
    }


def _entry_of_row(row: CsvContact) -> Entry:
    draft = draft_of_card(row.card)
    warnings = list(row.card.warnings)
    custom: dict[str, Any] = dict(row.custom_fields)

    def keep(name: str, text: str) -> None:
        custom[name] = text[:5000]
        warnings.append(CardWarning(row.card.line, "bad_setting", _BAD_SETTING.format(name)))

    if row.custom_json:
        try:
            custom |= _CUSTOM.validate_python(json.loads(row.custom_json))
        except (ValueError, RecursionError):
            keep("Custom Fields", row.custom_json)
    settings = _settings(row.settings, keep)
    visibility = row.settings.get("visibility") or "private"
    try:
        visibility = _VISIBILITY.validate_python(visibility.lower())
    except ValidationError:
        keep("Visibility", visibility)
        visibility = "private"
    groups = []
    for name in row.groups:
        try:
            groups.append(_group(name))
        except ValueError:
            keep("Groups", name)
    draft = replace(
        draft,
        custom_fields=custom,
        settings=SettingsDraft(
            cadence=settings.cadence,
            cadence_days=settings.cadence_days,
            circle=settings.circle,
            paused_until=settings.paused_until,
            never_suggest=settings.never_suggest,
            preferred_way=settings.preferred_way,
        ),
        visibility=visibility,
        groups=tuple(groups),
    )
    return Entry(
        row.card.position,
        row.card.line,
        draft,
        tuple(warnings),
        archived_at=settings.archived_at,
        is_whole=False,
    )


def _settings(cells: Mapping[str, str], keep: Any) -> SettingsRecord:
    """Read the settings one by one: a bad one is kept aside and does not spoil the others."""
    good: dict[str, Any] = {}
    for name in SettingsRecord.model_fields:
        text = cells.get(name)
        if not text:
            continue
        value: Any = text.lower() if name in _WORDS else text
        if name == "cadence_days" and text.isascii() and text.isdigit() and len(text) < 6:
            value = int(text)
        elif name == "never_suggest":
            value = {"yes": True, "true": True, "no": False, "false": False}.get(text.lower(), text)
        try:
            good = SettingsRecord.model_validate({**good, name: value}).model_dump(
                include={*good, name}
            )
        except ValidationError:
            keep(name.replace("_", " ").title(), text)
    return SettingsRecord.model_validate(good)


_WORDS = ("cadence", "circle", "preferred_way")


def _group(name: str) -> str:
    if not 1 <= len(name) <= LONGEST_GROUP:
        raise ValueError(f"groups: a name has 1 to {LONGEST_GROUP} characters")
    return name


def _point(record: PointRecord) -> PointDraft:
    parts, extra = record.components, record.extra
    return PointDraft(
        kind=record.kind,
        value=record.value,
        label=record.label or None,
        preferred=record.preferred,
        components=parts.model_dump(exclude_none=True) or None if parts else None,
        params=extra.model_dump(mode="json", exclude_none=True) or None if extra else None,
        source=record.source,
        confirmed_at=record.confirmed_at,
    )


def _point_json(point: PointDraft) -> dict[str, Any]:
    return {
        "kind": point.kind,
        "value": point.value,
        "label": point.label,
        "preferred": point.preferred,
        "components": point.components,
        "extra": point.params,
        "source": point.source,
        "confirmed_at": _iso(point.confirmed_at),
    }


def _kept_list(record: KeptRecord) -> list[Any]:
    params = [[name, list(values)] for name, values in record.params]
    return [record.group, record.name, params, record.value, record.stands_for]


def _iso(moment: Any) -> str | None:
    return moment.isoformat() if moment is not None else None
