"""Between a card and what CatchUp stores; nothing that came in is lost on the way; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from server.contacts.drafts import ContactDraft, DateDraft, PointDraft
from server.contacts.vcard.card import (
    Address,
    Card,
    DateKind,
    ImportantDate,
    KeptProperty,
    Params,
    Point,
    PointKind,
)
from server.contacts.vcard.values import escape
from server.lib.clock import is_zone
from server.lib.tag_names import clean_tag

SOURCE = "import"
# Marks the kept entry that holds a card's kind; no vCard property of that name is mapped.
_KIND = "kind"
_PARTS = tuple(part.name for part in fields(Address))


def draft_of_card(card: Card) -> ContactDraft:
    """Return a card as a contact to store.

    The reader keeps aside what is longer than a contact can have (vcard.limits).
    """
    tags, odd_tags = _split_tags(card.categories)
    kept = [*card.kept]
    if odd_tags:
        kept.append(KeptProperty("", "CATEGORIES", (), ",".join(map(escape, odd_tags))))
    if card.kind != "individual":
        kept.append(KeptProperty("", "KIND", (), card.kind, _KIND))
    return ContactDraft(
        name=card.name,
        uid=card.uid or None,
        nickname=card.nickname or None,
        organisation=card.organisation or None,
        title=card.title or None,
        location=card.location or None,
        zone=card.zone if is_zone(card.zone) else None,
        notes=card.notes or None,
        points=tuple(_point_draft(point) for point in card.points),
        dates=tuple(_date_draft(date) for date in card.dates),
        tags=tags,
        kept_properties=[_kept_json(entry) for entry in kept] or None,
        source=SOURCE,
        # Of the lines as they came: a later version of the reader must not take the same file for
        # a changed one, and undo what users did since.
        fingerprint=card.digest or None,
    )


def card_of_draft(draft: ContactDraft, *, uid: str, tags: Sequence[str]) -> Card:
    """Return a stored contact as a card: the fields as they are now, the rest as it came."""
    kept = [_kept_property(entry) for entry in draft.kept_properties or ()]
    kind = next((entry.value for entry in kept if entry.stands_for == _KIND), "individual")
    return Card(
        name=draft.name,
        uid=draft.uid or uid,
        kind=kind,
        nickname=draft.nickname or "",
        organisation=draft.organisation or "",
        title=draft.title or "",
        notes=draft.notes or "",
        location=draft.location or "",
        zone=draft.zone or "",
        points=tuple(_point(point) for point in draft.points),
        dates=tuple(
            ImportantDate(DateKind(d.kind), d.label or "", d.year, d.month, d.day)
            for d in draft.dates
        ),
        categories=tuple(tags),
        kept=tuple(entry for entry in kept if entry.stands_for != _KIND),
    )


def _split_tags(categories: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """A tag has one to three words; other categories are kept, not shortened."""
    tags, odd = [], []
    for word in categories:
        try:
            tags.append(clean_tag(word))
        except ValueError:
            odd.append(word)
    return tuple(dict.fromkeys(tags)), odd


def _point_draft(point: Point) -> PointDraft:
    extra: dict[str, Any] = {}
    if point.group:
        extra["group"] = point.group
    if point.written_as:
        extra["written_as"] = point.written_as
    if point.params:
        extra["params"] = [[name, list(values)] for name, values in point.params]
    return PointDraft(
        kind=point.kind.value,
        value=point.value,
        label=point.label or None,
        preferred=point.preferred,
        components=_components(point.components),
        params=extra or None,
        source=SOURCE,
    )


def _components(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    return {name: value for name in _PARTS if (value := getattr(address, name))}


def _point(draft: PointDraft) -> Point:
    extra: Mapping[str, Any] = draft.params or {}
    return Point(
        kind=PointKind(draft.kind),
        value=draft.value,
        label=draft.label or "",
        preferred=draft.preferred,
        components=_address(draft.components),
        group=extra.get("group", ""),
        params=_params(extra.get("params", ())),
        written_as=extra.get("written_as", ""),
    )


def _address(components: Mapping[str, Any] | None) -> Address | None:
    if components is None:
        return None
    parts = {name: text or "" for name, text in components.items() if name != "more"}
    return Address(**parts, more=tuple(components.get("more") or ()))


def _date_draft(date: ImportantDate) -> DateDraft:
    return DateDraft(
        kind=date.kind.value,
        label=date.label or None,
        year=date.year,
        month=date.month,
        day=date.day,
    )


def _kept_json(kept: KeptProperty) -> list[Any]:
    params = [[name, list(values)] for name, values in kept.params]
    return [kept.group, kept.name, params, kept.value, kept.stands_for]


def _kept_property(stored: Sequence[Any]) -> KeptProperty:
    group, name, params, value, stands_for = stored
    return KeptProperty(group, name, _params(params), value, stands_for)


def _params(stored: Sequence[Any]) -> Params:
    return tuple((name, tuple(values)) for name, values in stored)
