"""Which fields an undo takes back: those that an import changed and nobody has changed since."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from server.contacts.drafts import ContactDraft, DateDraft
from server.contacts.import_diff import (
    CUSTOM,
    PHOTO,
    POINT_FIELDS,
    TEXTS,
    Change,
    date_value,
    point_value,
)

REASONS = {
    "changed": "You changed it since the import.",
    "has_interactions": "You talked to them since.",
    "has_suggestions": "You answered a suggestion about them.",
    "in_groups": "They were put into a group since.",
    "tagged": "They were tagged since.",
    "has_photo": "They were given a photo since.",
    "used_by_others": "Another member of the household has settings for them.",
    "gone": "The contact is not there any more.",
}
_KINDS = {field: kind for kind, field in POINT_FIELDS.items()}
# The database takes these off (queries_undo.take_off, queries_photos.take_photos).
_ELSEWHERE = frozenset({"tags", "groups", "kept_properties"})


def take_back(
    current: ContactDraft,
    changes: Sequence[Change],
    past: dict[str, Any],
    *,
    kept_digest: str,
    photo_is_ours: bool,
) -> tuple[ContactDraft, list[str]]:
    """Return the contact as it was before one line of an import, and the fields that stay.

    A field stays when its value is not what the import made of it. `past` is what the ledger
    knows beyond the changes; `kept_digest` that of the current kept properties. `photo_is_ours`
    says that the contact's photo is the one that the import gave it.
    """
    draft, stay = current, []
    for change in changes:
        field = change["field"]
        if field in _ELSEWHERE:
            continue
        if field == PHOTO:
            stay += [] if photo_is_ours else [PHOTO]
            continue
        undone = _undo(draft, field, change["before"], change["after"])
        if undone is None:
            stay.append(field)
        else:
            draft = undone
    if "kept" in past:
        before, after = past["kept"]
        if after == kept_digest:
            draft = replace(draft, kept_properties=before)
        else:
            stay.append("kept_properties")
    before, after = past.get("fingerprint", (None, None))
    if after == (current.fingerprint.hex() if current.fingerprint else None):
        draft = replace(draft, fingerprint=bytes.fromhex(before) if before else None)
    return draft, list(dict.fromkeys(stay))


def _undo(draft: ContactDraft, field: str, before: Any, after: Any) -> ContactDraft | None:
    """Return the draft without one change, None when it was changed since."""
    if field in TEXTS:
        is_ours = getattr(draft, field) == after
        return replace(draft, **{field: before}) if is_ours else None
    if field.startswith(CUSTOM):
        return _undo_custom(draft, field.removeprefix(CUSTOM), before, after)
    if field == "dates":
        return _undo_date(draft, before, after)
    return _undo_point(draft, _KINDS[field], after)


def _undo_custom(draft: ContactDraft, key: str, before: Any, after: Any) -> ContactDraft | None:
    custom = dict(draft.custom_fields)
    if repr(custom.get(key)) != repr(after):
        return None
    if before is None:
        del custom[key]
    else:
        custom[key] = before
    return replace(draft, custom_fields=custom)


def _undo_point(draft: ContactDraft, kind: str, after: Any) -> ContactDraft | None:
    """An import adds points and takes none away."""
    points = list(draft.points)
    for at in range(len(points) - 1, -1, -1):
        point = points[at]
        if point.kind == kind and point_value(point) == after and not point.confirmed_at:
            del points[at]
            return replace(draft, points=tuple(points))
    return None


def _undo_date(draft: ContactDraft, before: Any, after: Any) -> ContactDraft | None:
    dates = list(draft.dates)
    if after is not None:
        ours = next((date for date in dates if date_value(date) == after), None)
        if ours is None:
            return None
        dates.remove(ours)
    if before is not None:
        dates.append(DateDraft(**before))
    return replace(draft, dates=tuple(dates))
