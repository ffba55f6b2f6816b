"""From a request to a draft: which fields it changes, and how."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from server.contacts import rules
from server.contacts.drafts import ContactDraft, DateDraft, PointDraft
from server.contacts.queries_page import FIELDS
from server.contacts.schemas import (
    MOST_CUSTOM_FIELDS,
    AddressIn,
    ContactIn,
    ContactPatch,
    DateIn,
)
from server.errors import BadInput, FieldError

_TEXTS = ("nickname", "organisation", "title", "location", "notes")
_AS_THEY_ARE = ("name", "visibility", "zone", "custom_fields")
_SETTINGS = ("circle", "paused_until", "never_suggest", "preferred_way")
_CADENCE = ("cadence", "cadence_days")


def replaced(draft: ContactDraft, data: ContactIn) -> ContactDraft:
    """Return `draft` as a PUT wants it: what is not in the request is empty."""
    return _changed(draft, {name: getattr(data, name) for name in type(data).model_fields})


def patched(draft: ContactDraft, data: ContactPatch) -> ContactDraft:
    """Return `draft` as a PATCH wants it: what is not in the request stays.

    Raises:
        BadInput: it would have too many custom fields.
    """
    wanted = {name: getattr(data, name) for name in data.model_fields_set}
    if "custom_fields" in wanted:
        wanted["custom_fields"] = _merged(draft.custom_fields, wanted["custom_fields"])
    return _changed(draft, wanted)


def _merged(stored: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Merge custom fields as RFC 7396 does: null takes a field away."""
    merged = {name: value for name, value in {**stored, **wishes}.items() if value is not None}
    # An import may have brought more: these can be changed and go, but none can be added.
    if len(merged) > max(MOST_CUSTOM_FIELDS, len(stored)):
        message = f"must leave at most {MOST_CUSTOM_FIELDS} custom fields"
        raise BadInput(
            "The contact would have too many custom fields.",
            fields=[FieldError("custom_fields", "too_long", message)],
        )
    return merged


def _changed(draft: ContactDraft, wanted: Mapping[str, Any]) -> ContactDraft:
    changes: dict[str, Any] = {name: wanted[name] for name in _AS_THEY_ARE if name in wanted}
    changes |= {name: wanted[name] or None for name in _TEXTS if name in wanted}
    if "dates" in wanted:
        changes["dates"] = tuple(_date(date) for date in wanted["dates"])
    settings = {name: wanted[name] for name in _SETTINGS if name in wanted}
    if any(name in wanted for name in _CADENCE):
        # One wish in two fields: saying one takes the other back.
        settings |= {name: wanted.get(name) for name in _CADENCE}
    if settings:
        changes["settings"] = replace(draft.settings, **settings)
    if not wanted.keys().isdisjoint(FIELDS.values()):
        changes["points"] = _points(draft.points, wanted)
    return replace(draft, **changes)


def _points(stored: tuple[PointDraft, ...], wanted: Mapping[str, Any]) -> tuple[PointDraft, ...]:
    points: list[PointDraft] = []
    for kind, field in FIELDS.items():
        if field in wanted:
            points += [_point(kind, point) for point in wanted[field]]
        else:
            points += [point for point in stored if point.kind == kind]
    return rules.keep_identity(stored, points)


def _point(kind: str, point: Any) -> PointDraft:
    components, value = None, point.value
    if isinstance(point, AddressIn):
        components = {name: part for name in rules.ADDRESS_PARTS if (part := getattr(point, name))}
        value = value or rules.address_line(components)
    return PointDraft(
        kind=kind,
        value=value,
        label=point.label or None,
        preferred=point.preferred,
        components=components or None,
        confirmed_at=point.confirmed_at,
    )


def _date(date: DateIn) -> DateDraft:
    return DateDraft(
        kind=date.kind,
        label=date.label or None,
        year=date.year,
        month=date.month,
        day=date.day,
    )
