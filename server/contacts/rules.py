"""Pure decisions about contacts: keys, zones, comparable points, what an edit keeps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

from server.contacts.drafts import ContactDraft, Known, PointDraft, PreparedContact
from server.lib import phones
from server.lib.cities import (
    Place,
    ZoneAmbiguous,
    ZoneFound,
    ZoneGuess,
    find_country,
    find_zone,
)
from server.lib.fields import canonical_email
from server.lib.phone_regions import Reading, Regions, read_phone, regions_of_numbers
from server.lib.texts import search_key

# A cursor carries this key in full, and 255 characters of any script fit into one.
NAME_KEY_LENGTH = 255
ADDRESS_PARTS = (
    "po_box",
    "extended",
    "street",
    "locality",
    "region",
    "postal_code",
    "country",
)
Doubt = Literal["ambiguous", "unknown"]
_NOT_DIGIT = re.compile(r"\D")
# Imports name the same few places again and again; a look-up costs about 0.2 ms.
_guess = lru_cache(maxsize=1024)(find_zone)
_country = lru_cache(maxsize=256)(find_country)


def prepare(
    contact_id: UUID, draft: ContactDraft, *, home_zone: str, version: int = 0
) -> PreparedContact:
    """Work out what is stored for `draft`: keys, zone, comparable points.

    A given zone holds; else the location says it when it can mean one only. National phone
    numbers are read as those of the contact's country, else of `home_zone`, the user's own
    (server.lib.phone_regions).
    """
    zone = draft.zone or infer_zone(draft.location)
    regions = _regions(draft, zone, home_zone)
    read = [_read(point, regions) for point in draft.points]
    comparable = tuple(each.e164 if isinstance(each, Reading) else each for each in read)
    doubtful = sum(isinstance(each, Reading) and each.is_doubtful for each in read)
    return _prepared(contact_id, draft, version, zone, comparable, doubtful)


def prepare_edit(
    contact_id: UUID,
    stored: ContactDraft,
    draft: ContactDraft,
    known: Known,
    *,
    home_zone: str,
    version: int,
) -> PreparedContact:
    """Work out what is stored when `stored`, of which `known` was worked out, becomes `draft`.

    What an edit leaves alone is not worked out anew: a phone is read by the country of who
    wrote it, not of who corrects a name later.
    """
    if (draft.points, draft.zone, draft.location) == (stored.points, stored.zone, stored.location):
        return _prepared(contact_id, draft, version, known.zone, known.comparable)
    return prepare(contact_id, draft, home_zone=home_zone, version=version)


def _prepared(
    contact_id: UUID,
    draft: ContactDraft,
    version: int,
    zone: str | None,
    comparable: tuple[str | None, ...],
    doubtful_phones: int = 0,
) -> PreparedContact:
    return PreparedContact(
        id=contact_id,
        draft=draft,
        version=version,
        name_key=name_key(draft.name),
        search_key=_search_key(draft, comparable),
        zone=zone,
        zone_source=None if zone is None else "given" if draft.zone else "inferred",
        comparable=comparable,
        doubtful_phones=doubtful_phones,
    )


def name_key(name: str) -> str:
    """Return the folded name by which lists are sorted."""
    return search_key(name)[:NAME_KEY_LENGTH]


def search_words(text: str) -> list[str]:
    """Return the words that a search looks for, each somewhere in a contact's search key.

    A word without letters is taken for a piece of a phone number: only its digits count.
    """
    words = search_key(text).split()
    return [word if _has_letter(word) else _digits(word) or word for word in words]


def infer_zone(location: str | None) -> str | None:
    """Return the zone that a location names, or None where it names none or several."""
    guess = _guess(location) if location else None
    return guess.zone if isinstance(guess, ZoneFound) else None


def zone_doubt(location: str) -> tuple[Doubt, Sequence[Place]]:
    """Say why a location gives no zone (ambiguous or unknown), and which places it may mean."""
    guess: ZoneGuess = _guess(location)
    if isinstance(guess, ZoneAmbiguous):
        return "ambiguous", guess.candidates
    return "unknown", ()


def keep_identity(
    stored: Iterable[PointDraft], wanted: Iterable[PointDraft]
) -> tuple[PointDraft, ...]:
    """Return `wanted`, each point that is stored already with what a request cannot say of it.

    The same kind and value make the same point: it keeps its id, source, import parameters,
    further address parts, and when it was last confirmed unless that is said anew.
    """
    known: dict[tuple[str, str], list[PointDraft]] = {}
    for point in stored:
        known.setdefault((point.kind, point.value), []).append(point)
    kept = []
    for point in wanted:
        same = known.get((point.kind, point.value))
        kept.append(_with_past(point, same.pop(0)) if same else point)
    return tuple(kept)


def leaves_parts(stored: ContactDraft, edited: PreparedContact, known: Known) -> bool:
    """Say whether an edit leaves points, dates and settings as they are.

    Points are told by `known`, too: another zone may read the same phone otherwise.
    """
    draft = edited.draft
    return (
        draft.points == stored.points
        and draft.dates == stored.dates
        and draft.settings == stored.settings
        and edited.comparable == known.comparable
    )


def address_line(components: Mapping[str, Any]) -> str:
    """Write an address in one line, in the order of its parts; an import does the same."""
    return ", ".join(str(components[name]) for name in ADDRESS_PARTS if components.get(name))


def _read(point: PointDraft, regions: Regions) -> Reading | str | None:
    """Return the form in which a point is compared: a phone's, a lower-case e-mail, else None."""
    if point.kind == "phone":
        return read_phone(point.value, regions)
    if point.kind == "email":
        try:
            return canonical_email(point.value)
        except ValueError:
            return None
    return None


def _regions(draft: ContactDraft, zone: str | None, home_zone: str) -> Regions:
    """Return whose national numbers the contact's may be."""
    told = [phones.region_of_zone(zone)] if zone else []
    told += [
        _country(str(point.components["country"]))
        for point in draft.points
        if point.components and point.components.get("country")
    ]
    numbers = [point.value for point in draft.points if point.kind == "phone"]
    return Regions(
        told=tuple(dict.fromkeys(region for region in told if region)),
        hinted=regions_of_numbers(numbers) if len(numbers) > 1 else (),
        home=phones.region_of_zone(home_zone),
    )


def _with_past(point: PointDraft, past: PointDraft) -> PointDraft:
    value, components = point.value, point.components
    if components is not None and past.components is not None:
        if value == address_line(past.components):
            value = address_line(components)  # made from the parts, it follows them
        more = {k: v for k, v in past.components.items() if k not in ADDRESS_PARTS}
        components = {**more, **components}
    return replace(
        point,
        value=value,
        id=past.id,
        source=past.source,
        params=past.params,
        components=components,
        confirmed_at=point.confirmed_at or past.confirmed_at,
    )


def _search_key(draft: ContactDraft, comparable: Iterable[str | None]) -> str:
    """Join what a search may find; a phone in both spellings: 030… is looked for as is 4930…."""
    words = [draft.name, draft.nickname, draft.organisation, draft.location]
    numbers = []
    for point, normalised in zip(draft.points, comparable, strict=True):
        if point.kind == "email":
            words.append(point.value)
        elif point.kind == "phone":
            numbers += [_digits(point.value), _digits(normalised or "")]
    text = search_key(" ".join(word for word in words if word))
    return " ".join(part for part in (text, *dict.fromkeys(numbers)) if part)


def _digits(text: str) -> str:
    return _NOT_DIGIT.sub("", text)


def _has_letter(word: str) -> bool:
    return any(character.isalpha() for character in word)
