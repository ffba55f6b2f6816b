"""Which contact a card is, and what it changes there; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import normalize
from uuid import UUID

from server.contacts.drafts import ContactDraft, DateDraft, PointDraft, PreparedContact
from server.contacts.vcard.card import UNNAMED
from server.contacts.vcard.limits import MAX_NOTES_CHARS
from server.contacts.vcard.values import escape, line_feeds
from server.lib.tag_names import tag_key

MOST_CUSTOM_FIELDS = 100
"""Of one contact, as in schemas.py."""

FINGERPRINT_BYTES = 32
"""A SHA-256; a contact that was several cards of one file has one after the other."""

_OF_THE_CARD = {"PRODID", "REV"}
"""Say when and by what a card was written; a contact has been one card last."""

OWN_UID = "urn:uuid:"

_PROPERTIES = {"name": "FN", "nickname": "NICKNAME", "organisation": "ORG", "title": "TITLE"}


@dataclass(frozen=True, slots=True)
class Known:
    """What matching asks of a contact that is there already."""

    id: UUID
    uid: str | None
    name_key: str
    comparable: frozenset[str]
    fingerprint: bytes | None
    is_own: bool = True


class Matcher:
    """Finds the contact that a card is.

    By the cards that it was, whatever the user changed since; else by UID, else by name and a
    phone or e-mail in common.
    """

    def __init__(self) -> None:
        self._by_id: dict[UUID, Known] = {}
        self._by_uid: dict[str, Known] = {}
        self._by_name: dict[str, list[Known]] = {}
        self._by_fingerprint: dict[bytes, Known] = {}

    def add(self, known: Known) -> None:
        """Take in one contact; one that another member shares is known by its UID only."""
        self._by_id[known.id] = known
        if known.uid:
            self._by_uid[known.uid] = known
        if known.is_own:
            self._by_name.setdefault(known.name_key, []).append(known)
            for fingerprint in _each(known.fingerprint):
                self._by_fingerprint.setdefault(fingerprint, known)

    def find(self, card: PreparedContact) -> Known | None:
        """Return the contact that the card is, or None.

        Without a UID in common: the same name and a phone or e-mail in common, or neither has
        any. Two UIDs that differ are two people; not to have a name is nothing in common.
        """
        if (taken := self._by_fingerprint.get(card.draft.fingerprint or b"")) is not None:
            return taken
        uid = card.draft.uid
        if uid and uid in self._by_uid:
            return self._by_uid[uid]
        if (exported := own_id(uid)) is not None and exported in self._by_id:
            return self._by_id[exported]
        ours = comparable_of(card)
        for known in self._by_name.get(card.name_key, ()):
            if (uid and known.uid) or card.draft.name == UNNAMED:
                continue
            if ours & known.comparable or not (ours or known.comparable):
                return known
        return None


def comparable_of(card: PreparedContact) -> frozenset[str]:
    """Return the phones and e-mails by which a contact is recognised."""
    return frozenset(text for text in card.comparable if text)


def was_imported(fingerprints: bytes | None, card: ContactDraft) -> bool:
    """Say whether a contact with these fingerprints has taken in this very card."""
    return any(each == card.fingerprint for each in _each(fingerprints))


def _each(fingerprints: bytes | None) -> Iterator[bytes]:
    known = fingerprints or b""
    return (known[at : at + FINGERPRINT_BYTES] for at in range(0, len(known), FINGERPRINT_BYTES))


def own_uid(contact_id: UUID) -> str:
    """Return the UID under which we export a contact that came without one."""
    return f"{OWN_UID}{contact_id}"


def own_id(uid: str | None) -> UUID | None:
    """Return the id of the contact that a UID of our exports names, None for any other."""
    if not uid or not uid.startswith(OWN_UID):
        return None
    try:
        return UUID(uid.removeprefix(OWN_UID))
    except ValueError:
        return None


def merged(
    stored: ContactDraft, card: ContactDraft, *, still: bytes = b"", whole: bool = True
) -> ContactDraft:
    """Return the stored contact with what the card, changed since its last import, says anew.

    What the card leaves out stays; what it names replaces; notes are added to the user's own, or
    kept aside if both are too long; points and dates are added, never taken away; settings and
    visibility are the user's. `still` has the fingerprints of the other cards of this file that
    are the same contact. `whole` says that what the card keeps aside is all there is, not only
    some of it.
    """
    return replace(
        stored,
        name=card.name,
        nickname=card.nickname or stored.nickname,
        organisation=card.organisation or stored.organisation,
        title=card.title or stored.title,
        location=card.location or stored.location,
        zone=card.zone or stored.zone,
        notes=_both_notes(stored.notes, card.notes),
        custom_fields=_with_custom(stored.custom_fields, card.custom_fields),
        points=_with_points(stored.points, card.points),
        dates=_with_dates(stored.dates, card.dates),
        tags=_with_names(stored.tags, card.tags),
        groups=_with_names(stored.groups, card.groups),
        kept_properties=_kept(stored, _with_long_notes(stored, card), whole=whole),
        uid=stored.uid or card.uid,
        fingerprint=still + (card.fingerprint or b""),
    )


def combined(first: ContactDraft, second: ContactDraft) -> ContactDraft:
    """Return one contact of two cards of a file: the first counts, the second adds to it.

    Where they contradict each other, what the second says is kept aside, for the export.
    """
    kept = [*(first.kept_properties or ())]
    for entry in (*_displaced(first, second), *(second.kept_properties or ())):
        if entry not in kept and entry[1] not in _OF_THE_CARD:
            # It cannot stand for a field that says something else.
            kept.append([*entry[:-1], ""])
    together = merged(second, first)
    return replace(
        together,
        visibility=first.visibility,
        custom_fields=_with_custom(second.custom_fields, first.custom_fields),
        settings=first.settings,
        source=first.source,
        notes=_both_notes(first.notes, second.notes),
        points=_with_points(first.points, second.points),
        dates=_with_dates(second.dates, first.dates),
        tags=_with_names(first.tags, second.tags),
        groups=_with_names(first.groups, second.groups),
        kept_properties=kept or None,
        uid=first.uid or second.uid,
        fingerprint=_joined(first.fingerprint, second),
    )


def _displaced(first: ContactDraft, second: ContactDraft) -> list[list[Any]]:
    """Return what the second card says otherwise, as kept properties (card_drafts)."""
    found: list[list[Any]] = []
    for name, written_as in _PROPERTIES.items():
        ours, theirs = getattr(first, name), getattr(second, name)
        if ours and theirs and ours != theirs:
            found.append(["", written_as, [], escape(theirs), ""])
    if second.notes and not _holds(_both_notes(first.notes, second.notes), second.notes):
        found.append(["", "NOTE", [], escape(second.notes), ""])
    return found


def _both_notes(first: str | None, second: str | None) -> str | None:
    if not first or not second or _carried(second) in _carried(first):
        return first or second
    if _carried(first) in _carried(second):
        return second
    both = f"{first}\n\n{second}"
    return both if len(both) <= MAX_NOTES_CHARS else first


def _holds(text: str | None, part: str) -> bool:
    return _carried(part) in _carried(text or "")


def _with_long_notes(stored: ContactDraft, card: ContactDraft) -> ContactDraft:
    """Return the card with its notes kept aside, too, when there is no room for both."""
    if not card.notes or _holds(_both_notes(stored.notes, card.notes), card.notes):
        return card
    aside = ["", "NOTE", [], escape(card.notes), ""]
    return replace(card, kept_properties=[*(card.kept_properties or ()), aside])


def _joined(fingerprints: bytes | None, card: ContactDraft) -> bytes | None:
    if card.fingerprint is None or was_imported(fingerprints, card):
        return fingerprints
    return (fingerprints or b"") + card.fingerprint


def _with_points(
    stored: Sequence[PointDraft], card: Iterable[PointDraft]
) -> tuple[PointDraft, ...]:
    there = {(point.kind, point.value) for point in stored}
    return (*stored, *(point for point in card if (point.kind, point.value) not in there))


def _kept(stored: ContactDraft, card: ContactDraft, *, whole: bool) -> list[Any] | None:
    ours, theirs = stored.kept_properties or [], card.kept_properties or []
    if all(entry in ours for entry in theirs) and not (whole and theirs):
        return stored.kept_properties
    names = {entry[1] for entry in theirs}
    return theirs if whole else [*(entry for entry in ours if entry[1] not in names), *theirs]


def _with_custom(stored: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """A contact has room for so many; what it has goes before what comes."""
    new = [name for name in card if name not in stored]
    room = max(0, MOST_CUSTOM_FIELDS - len(stored))
    taken = {name: card[name] for name in card if name not in new[room:]}
    return {**stored, **{name: _as_stored(stored.get(name), taken[name]) for name in taken}}


def _as_stored(stored: Any, new: Any) -> Any:
    """Return `stored` where a file's text differs only by what files do not carry, else `new`.

    These are the kind of line breaks and the normal form of Unicode.
    """
    if isinstance(stored, str) and isinstance(new, str) and _carried(stored) == _carried(new):
        return stored
    return new


def _carried(text: str) -> str:
    return text if text.isascii() and "\r" not in text else normalize("NFC", line_feeds(text))


def _with_names(stored: Sequence[str], card: Sequence[str]) -> tuple[str, ...]:
    names = {tag_key(name): name for name in card} | {tag_key(name): name for name in stored}
    return tuple(names[key] for key in dict.fromkeys(map(tag_key, (*stored, *card))))


def _with_dates(stored: Sequence[DateDraft], card: Iterable[DateDraft]) -> tuple[DateDraft, ...]:
    """A person has one birthday: the card's replaces it."""
    named = {(date.kind, date.label) for date in card}
    kept = [date for date in stored if (date.kind, date.label) not in named]
    return (*kept, *card)
