"""One batch of an import: each entry to its contact, and what it changes there."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from server.contacts import import_rules, rules
from server.contacts.drafts import ContactDraft, NewPhoto, PreparedContact
from server.contacts.import_diff import PHOTO, Change, changes_between, state_of
from server.contacts.import_entries import Entry, Read, Refused
from server.contacts.import_rules import Known, Matcher
from server.contacts.service_import_items import Line, refusal

Prepared = tuple[Read, PreparedContact | None]
"""An entry with the contact that it would be; None for a refused one."""

MOST_FINGERPRINTS = 50
"""Of one contact: the files that said the same of it."""


@dataclass(slots=True)
class Target:
    """A contact that entries of this batch make or change; `draft` is how it is by now.

    `version` is that of its row, 0 for a new one. `was_written` says that an earlier entry of the
    file made or changed it: the next one adds to that.
    """

    id: UUID
    draft: ContactDraft
    version: int
    was_written: bool
    archived_at: datetime | None = None
    is_changed: bool = False
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    photo_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Matched:
    """An entry and the contact that it is; `is_known` when that has taken in this very entry.

    `photo` is the one that the entry brings to a contact without any.
    """

    read: Read
    card: PreparedContact | None = None
    contact_id: UUID | None = None
    is_known: bool = False
    photo: NewPhoto | None = None


def match_batch(
    batch: Sequence[Prepared], matcher: Matcher, unchanged: dict[UUID, bytes]
) -> list[Matched]:
    """Find the contact of each entry; one that nobody knows is new, and known to those behind it.

    `unchanged` collects the fingerprints of unchanged entries of contacts that are several.
    """
    found = []
    for read, card in batch:
        if card is None:
            found.append(Matched(read))
            continue
        known = matcher.find(card)
        if known is None:
            matcher.add(_known(card))
            found.append(Matched(read, card, card.id))
            continue
        is_known = import_rules.was_imported(known.fingerprint, card.draft)
        if is_known and len(known.fingerprint or b"") > import_rules.FINGERPRINT_BYTES:
            seen = unchanged.get(known.id, b"")
            unchanged[known.id] = seen + (card.draft.fingerprint or b"")
        found.append(Matched(read, card, known.id, is_known))
    return found


class BatchWork:
    """Turns matched entries into lines of the ledger and contacts to write."""

    def __init__(self, targets: dict[UUID, Target], still: Mapping[UUID, bytes]) -> None:
        self.targets = targets
        self.still = still
        # Entries that changed nothing: their contacts remember them all the same.
        self.remembered: dict[UUID, bytes] = {}
        self.photos: dict[UUID, NewPhoto] = {}

    def take(self, matched: Matched) -> Line:
        """Apply one entry to its contact."""
        read, card, contact_id = matched.read, matched.card, matched.contact_id
        if isinstance(read, Refused):
            return refusal(read)
        if card is None or contact_id is None:
            raise ValueError("an entry has a contact")
        if matched.is_known:
            return Line(read=read, outcome="unchanged", contact_id=contact_id)
        if matched.photo:
            self.photos[contact_id] = matched.photo
        shown = [photo_change(matched.photo)] if matched.photo else []
        target = self.targets.get(contact_id)
        if target is None:
            return self._created(read, card, shown)
        return self._updated(read, card.draft, target, shown)

    def _created(self, read: Entry, card: PreparedContact, photo: list[Change]) -> Line:
        archived = read.archived_at is not None
        self.targets[card.id] = Target(
            card.id, card.draft, 0, True, read.archived_at, is_changed=True
        )
        return Line(
            read=read,
            outcome="created",
            contact_id=card.id,
            changes=changes_between(None, card.draft) + photo,
            past={"state": state_of(card.draft, archived=archived)},
        )

    def _updated(
        self, read: Entry, card: ContactDraft, target: Target, photo: list[Change]
    ) -> Line:
        before = target.draft
        if import_rules.own_id(card.uid) == target.id:
            card = replace(card, uid=None)
        if target.was_written:
            after = import_rules.combined(before, card)
        else:
            still = self.still.get(target.id, b"")
            after = import_rules.merged(before, card, still=still, whole=read.is_whole)
        changes = changes_between(before, after) + photo
        if not changes and not target.was_written:
            self._remember(target, card)
            return Line(read=read, outcome="unchanged", contact_id=target.id)
        target.draft = after
        target.was_written = target.is_changed = True
        if not changes:
            return Line(read=read, outcome="unchanged", contact_id=target.id)
        return Line(
            read=read,
            outcome="updated",
            contact_id=target.id,
            changes=changes,
            past=past_of(before, after, archived=target.archived_at is not None),
        )

    def _remember(self, target: Target, card: ContactDraft) -> None:
        known = self.remembered.get(target.id, target.draft.fingerprint or b"")
        if card.fingerprint and not import_rules.was_imported(known, card):
            most = (MOST_FINGERPRINTS - 1) * import_rules.FINGERPRINT_BYTES
            self.remembered[target.id] = known[-most:] + card.fingerprint


def past_of(before: ContactDraft, after: ContactDraft, *, archived: bool) -> dict[str, Any]:
    """Return what an undo of an update needs and no reply shows."""
    past: dict[str, Any] = {
        "state": state_of(after, archived=archived),
        "fingerprint": [_hex(before.fingerprint), _hex(after.fingerprint)],
    }
    if before.kept_properties != after.kept_properties:
        past["kept"] = [before.kept_properties, kept_digest(after)]
    return past


def photo_change(photo: NewPhoto) -> Change:
    """Return a photo as the ledger shows it; a contact that gets one had none."""
    return {"field": PHOTO, "before": None, "after": {"width": photo.width, "height": photo.height}}


def kept_digest(draft: ContactDraft) -> str:
    """Return a digest of what an import kept aside: it may be large."""
    text = json.dumps(draft.kept_properties or None, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def prepared_of(target: Target, *, home_zone: str) -> PreparedContact:
    """Return a target as it is written: with the tags and groups that are new to it."""
    draft = target.draft
    draft = replace(
        draft,
        tags=tuple(name for name in draft.tags if name not in target.tags),
        groups=tuple(name for name in draft.groups if name not in target.groups),
    )
    return rules.prepare(target.id, draft, home_zone=home_zone, version=target.version)


def _hex(fingerprint: bytes | None) -> str | None:
    return fingerprint.hex() if fingerprint else None


def _known(card: PreparedContact) -> Known:
    return Known(
        card.id,
        card.draft.uid,
        card.name_key,
        import_rules.comparable_of(card),
        card.draft.fingerprint,
    )
