"""Which contact a card is, and what it changes there; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from server.contacts.drafts import ContactDraft, DateDraft, PointDraft, PreparedContact
from server.contacts.vcard.card import UNNAMED


@dataclass(frozen=True, slots=True)
class Known:
    """What matching asks of a contact that is there already."""

    id: UUID
    uid: str | None
    name_key: str
    comparable: frozenset[str]
    fingerprint: bytes | None


class Matcher:
    """Finds the contact that a card is: by UID, else by name and a phone or e-mail in common."""

    def __init__(self) -> None:
        self._by_uid: dict[str, Known] = {}
        self._by_name: dict[str, list[Known]] = {}

    def add(self, known: Known) -> None:
        """Take in one contact."""
        if known.uid:
            self._by_uid[known.uid] = known
        self._by_name.setdefault(known.name_key, []).append(known)

    def find(self, card: PreparedContact) -> Known | None:
        """Return the contact that the card is, or None.

        Without a UID in common: the same name and a phone or e-mail in common, or neither has
        any. Two UIDs that differ are two people; not to have a name is nothing in common.
        """
        uid = card.draft.uid
        if uid and uid in self._by_uid:
            return self._by_uid[uid]
        ours = comparable_of(card)
        for known in self._by_name.get(card.name_key, ()):
            if known.fingerprint is not None and known.fingerprint == card.draft.fingerprint:
                return known
            if (uid and known.uid) or card.draft.name == UNNAMED:
                continue
            if ours & known.comparable or not (ours or known.comparable):
                return known
        return None


def comparable_of(card: PreparedContact) -> frozenset[str]:
    """Return the phones and e-mails by which a contact is recognised."""
    return frozenset(text for text in card.comparable if text)


def merged(stored: ContactDraft, card: ContactDraft) -> ContactDraft:
    """Return the stored contact with what the card says anew.

    What the card leaves out stays; what it names replaces; points and dates are added, never
    taken away; settings and visibility are the user's.
    """
    return replace(
        stored,
        name=card.name,
        nickname=card.nickname or stored.nickname,
        organisation=card.organisation or stored.organisation,
        title=card.title or stored.title,
        location=card.location or stored.location,
        zone=card.zone or stored.zone,
        notes=card.notes or stored.notes,
        points=_with_points(stored.points, card.points),
        dates=_with_dates(stored.dates, card.dates),
        kept_properties=card.kept_properties or stored.kept_properties,
        uid=stored.uid or card.uid,
        fingerprint=card.fingerprint,
    )


def _with_points(
    stored: Sequence[PointDraft], card: Iterable[PointDraft]
) -> tuple[PointDraft, ...]:
    there = {(point.kind, point.value) for point in stored}
    return (*stored, *(point for point in card if (point.kind, point.value) not in there))


def _with_dates(stored: Sequence[DateDraft], card: Iterable[DateDraft]) -> tuple[DateDraft, ...]:
    """A person has one birthday: the card's replaces it."""
    named = {(date.kind, date.label) for date in card}
    kept = [date for date in stored if (date.kind, date.label) not in named]
    return (*kept, *card)
