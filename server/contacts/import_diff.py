"""What an import changes in a contact, field by field; pure.

A change names a field as the API does. Texts have one change each; of a list (phones, dates,
tags, …) each entry that comes or goes is a change of its own, a custom field is
`custom_fields.NAME`. `before` is None for what was not there, `after` for what goes.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from server.contacts.drafts import ContactDraft, DateDraft, PointDraft, SettingsDraft
from server.contacts.rules import ADDRESS_PARTS
from server.lib.tag_names import tag_key

Change = dict[str, Any]
"""`field`, `before`, `after`; the values are what JSON can say."""

TEXTS = ("name", "nickname", "organisation", "title", "location", "zone", "notes", "uid")
CUSTOM = "custom_fields."
PHOTO = "photo"
POINT_FIELDS = {
    "phone": "phones",
    "email": "emails",
    "address": "addresses",
    "link": "links",
    "social": "socials",
}
_SETTINGS = tuple(each.name for each in fields(SettingsDraft))
_NO_SETTINGS = SettingsDraft()


def changes_between(before: ContactDraft | None, after: ContactDraft) -> list[Change]:
    """Return what `after` says otherwise than `before`; everything when there was nothing.

    Settings and visibility are shown for a new contact only: an import changes neither.
    """
    was = before or ContactDraft(name="")
    found = [
        _change(name, (getattr(was, name) or None), getattr(after, name))
        for name in TEXTS
        if (getattr(was, name) or None) != getattr(after, name)
    ]
    if before is None:
        found += _choices(after)
    found += _of_custom(was, after)
    for kind, name in POINT_FIELDS.items():
        found += _of_lists(
            name,
            [point_value(point) for point in was.points if point.kind == kind],
            [point_value(point) for point in after.points if point.kind == kind],
        )
    found += _of_dates(was.dates, after.dates)
    found += _of_names("tags", was.tags, after.tags)
    found += _of_names("groups", was.groups, after.groups)
    if (was.kept_properties or []) != (after.kept_properties or []):
        found.append(
            _change("kept_properties", _kept_names(was), _kept_names(after)),
        )
    return found


def point_value(point: PointDraft) -> dict[str, Any]:
    """Return a way to reach someone as a change shows it."""
    shown: dict[str, Any] = {
        "value": point.value,
        "label": point.label,
        "preferred": point.preferred,
    }
    if point.components:
        shown |= {
            name: point.components[name] for name in ADDRESS_PARTS if point.components.get(name)
        }
    return shown


def date_value(date: DateDraft) -> dict[str, Any]:
    """Return a date as a change shows it."""
    return asdict(date)


def state_of(draft: ContactDraft, *, archived: bool) -> str:
    """Return a digest of all that users see and set, by which an undo knows what they changed."""
    seen = (
        [getattr(draft, name) for name in TEXTS if name != "uid"],
        draft.visibility,
        sorted((key, repr(value)) for key, value in draft.custom_fields.items()),
        [
            (kind, point_value(point), _moment(point.confirmed_at))
            for kind in POINT_FIELDS
            for point in draft.points
            if point.kind == kind
        ],
        sorted(repr(date) for date in draft.dates),
        [_moment(getattr(draft.settings, name)) for name in _SETTINGS],
        archived,
    )
    return hashlib.sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()


def _moment(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _change(name: str, before: Any, after: Any) -> Change:
    return {"field": name, "before": before, "after": after}


def _choices(after: ContactDraft) -> list[Change]:
    found = []
    if after.visibility != "private":
        found.append(_change("visibility", None, after.visibility))
    for name in _SETTINGS:
        value = getattr(after.settings, name)
        if value != getattr(_NO_SETTINGS, name):
            shown = value.isoformat() if isinstance(value, datetime) else value
            found.append(_change(name, None, shown))
    return found


def _of_custom(was: ContactDraft, after: ContactDraft) -> list[Change]:
    return [
        _change(f"{CUSTOM}{key}", was.custom_fields.get(key), value)
        for key, value in after.custom_fields.items()
        if key not in was.custom_fields
        or repr(was.custom_fields[key]) != repr(value)  # 1, 1.0 and true are three values
    ]


def _of_lists(
    name: str, was: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]
) -> list[Change]:
    gone, new = _left_over(was, now), _left_over(now, was)
    return [
        *(_change(name, value, None) for value in gone),
        *(_change(name, None, value) for value in new),
    ]


def _of_dates(was: Sequence[DateDraft], now: Sequence[DateDraft]) -> list[Change]:
    """A date that takes the place of another (the birthday's) is one change."""
    gone = _left_over([date_value(d) for d in was], [date_value(d) for d in now])
    found = []
    for value in _left_over([date_value(d) for d in now], [date_value(d) for d in was]):
        place = next((d for d in gone if _place(d) == _place(value)), None)
        if place is not None:
            gone.remove(place)
        found.append(_change("dates", place, value))
    return found + [_change("dates", value, None) for value in gone]


def _place(date: dict[str, Any]) -> tuple[Any, Any]:
    return date["kind"], date["label"]


def _left_over(
    ours: Iterable[dict[str, Any]], theirs: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return what of `ours` is not in `theirs`, each as often as it is missing."""
    others = Counter(repr(each) for each in theirs)
    left = []
    for each in ours:
        key = repr(each)
        if others[key]:
            others[key] -= 1
        else:
            left.append(each)
    return left


def _of_names(name: str, was: Sequence[str], now: Sequence[str]) -> list[Change]:
    known = {tag_key(each) for each in was}
    return [_change(name, None, each) for each in now if tag_key(each) not in known]


def _kept_names(draft: ContactDraft) -> list[str] | None:
    """Their names only: the values may be photos."""
    return [entry[1] for entry in draft.kept_properties or ()] or None
