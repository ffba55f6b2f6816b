"""One import under way: batch by batch, each card to its contact."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from server.audit import service as audit
from server.contacts import import_rules, queries, queries_imports, rules, service_rows
from server.contacts.card_drafts import SOURCE, draft_of_card
from server.contacts.drafts import ContactDraft, PreparedContact
from server.contacts.import_rules import Known, Matcher
from server.contacts.schemas_imports import ITEMS_SHOWN, ImportItem, ImportOut
from server.contacts.service_bulk import insert_contacts, take_steps, update_contacts
from server.contacts.service_import_items import Read, make_item, sealed
from server.contacts.vcard.card import OUTSIDE_CARD, BadCard
from server.db import Row, forget_plans
from server.errors import BadInput, Conflict
from server.keys.service import Box
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.users import service as users

_GROUP_CARD = ("group_card", "A distribution list is not a person; make a group of it instead.")


Batch = list[tuple[Read, PreparedContact | None]]
"""Cards with the contacts that they would be; None for an entry that gives none."""


class ImportRun:
    """One import under way; `import_id` is None for a dry run, which stores no ledger."""

    def __init__(self, scope: Scope, box: Box, import_id: UUID | None, now: datetime) -> None:
        self.scope = scope
        self.box = box
        self.import_id = import_id
        self.now = now
        self.counts: Counter[str] = Counter()
        self.has_cards = False
        self.shown: list[ImportItem] = []
        self.home_zone = "UTC"
        # Fingerprints of unchanged cards, for contacts that are several cards in one file.
        self.unchanged: dict[UUID, bytes] = {}

    async def begin(self) -> None:
        """Wait for the user's other imports, which this one must know, and open the ledger."""
        await queries_imports.lock_imports(self.scope)
        self.home_zone = (await users.me(self.scope)).zone
        if self.import_id:
            await queries_imports.insert_import(
                self.scope, self.import_id, file_format="vcard", now=self.now
            )

    async def take(self, batch: Batch) -> None:
        """Store one batch of cards and its lines of the ledger."""
        await forget_plans()
        matcher = await self._matcher([card for _, card in batch if card])
        new: dict[UUID, PreparedContact] = {}
        changed: dict[UUID, list[ContactDraft]] = {}
        items = []
        for read, card in batch:
            item = self._decide(read, card, matcher, new, changed)
            self.counts[item.outcome] += 1
            self.has_cards |= item.code != OUTSIDE_CARD
            items.append(item)
        await insert_contacts(self.scope, list(new.values()), now=self.now)
        await self._update(changed)
        await self._note(items)

    async def finish(self, content_sha256: bytes) -> None:
        """Close the ledger and tell the audit trail.

        Raises:
            BadInput: `no_cards`: nothing was read.
        """
        if not self.has_cards:
            raise BadInput("There is not one card (BEGIN:VCARD) in this file.", code="no_cards")
        if self.import_id is None:
            return
        await queries_imports.finish_import(
            self.scope, self.import_id, counts=self.counts, content_sha256=content_sha256
        )
        await audit.record(
            self.scope.household_id,
            "contacts.imported",
            actor_id=self.scope.user_id,
            subject_kind="import",
            subject_id=self.import_id,
            details=dict(self.counts),
            now=self.now,
        )

    def reply(self) -> ImportOut:
        """Return what became of the file."""
        total = self.counts.total()
        more = self.import_id is not None and total > len(self.shown)
        return ImportOut(
            id=self.import_id,
            dry_run=self.import_id is None,
            format="vcard",
            total=total,
            **{name: self.counts[name] for name in queries_imports.COUNTS},
            created_at=self.now,
            items=self.shown,
            next_cursor=cursors.encode((self.shown[-1].position,)) if more else None,
        )

    def prepare(self, batch: Sequence[Read]) -> Batch:
        """Work out what each card would be as a contact; in a thread, beside the event loop."""
        return [(read, self._prepared(read)) for read in batch]

    def _prepared(self, read: Read) -> PreparedContact | None:
        if isinstance(read, BadCard) or read.kind == "group":
            return None
        return rules.prepare(uuid7(), draft_of_card(read), home_zone=self.home_zone)

    async def _matcher(self, cards: Sequence[PreparedContact]) -> Matcher:
        matcher = Matcher()
        for row in await queries_imports.list_known(
            self.scope,
            uids=[card.draft.uid for card in cards if card.draft.uid],
            name_keys=[card.name_key for card in cards],
        ):
            matcher.add(
                Known(
                    row["id"],
                    row["uid"],
                    row["name_key"],
                    frozenset(row["comparable"]),
                    row["fingerprint"],
                )
            )
        return matcher

    def _decide(
        self,
        read: Read,
        card: PreparedContact | None,
        matcher: Matcher,
        new: dict[UUID, PreparedContact],
        changed: dict[UUID, list[ContactDraft]],
    ) -> ImportItem:
        if isinstance(read, BadCard):
            return make_item(read, "failed", code=read.code, reason=read.reason)
        if card is None:
            return make_item(read, "skipped", code=_GROUP_CARD[0], reason=_GROUP_CARD[1])
        known = matcher.find(card)
        if known is None:
            new[card.id] = card
            matcher.add(_known(card))
            return make_item(read, "created", contact_id=card.id)
        if import_rules.was_imported(known.fingerprint, card.draft):
            if len(known.fingerprint or b"") > import_rules.FINGERPRINT_BYTES:
                seen = self.unchanged.get(known.id, b"")
                self.unchanged[known.id] = seen + (card.draft.fingerprint or b"")
            return make_item(read, "unchanged", contact_id=known.id)
        if known.id in new:
            draft = import_rules.combined(new[known.id].draft, card.draft)
            new[known.id] = rules.prepare(known.id, draft, home_zone=self.home_zone)
        else:
            changed.setdefault(known.id, []).append(card.draft)
        return make_item(read, "updated", contact_id=known.id)

    async def _update(self, changed: dict[UUID, list[ContactDraft]]) -> None:
        if not changed:
            return
        rows = await queries.list_whole(self.scope, list(changed))
        edits = [
            rules.prepare(
                row["id"],
                self._edited(row, changed[row["id"]]),
                home_zone=self.home_zone,
                version=row["version"],
            )
            for row in rows
        ]
        saved = await update_contacts(self.scope, edits, now=self.now)
        if len(saved) < len(edits):
            raise Conflict("A contact was changed during the import; import the file again.")
        # Its tags come from a file, whoever made the contact.
        imported = [replace(edit, draft=replace(edit.draft, source=SOURCE)) for edit in edits]
        await take_steps(self.scope, imported, now=self.now)

    def _edited(self, row: Row, cards: Sequence[ContactDraft]) -> ContactDraft:
        """What the file says of a contact replaces what was known; two cards add up."""
        draft = service_rows.draft(row, self.box)
        if row["updated_at"] != self.now:  # else an earlier batch of this file wrote it
            first, *cards = cards
            draft = import_rules.merged(draft, first, still=self.unchanged.get(row["id"], b""))
        for card in cards:
            draft = import_rules.combined(draft, card)
        return draft

    async def _note(self, items: Sequence[ImportItem]) -> None:
        """Keep the ledger; the reply shows its beginning, that of a dry run all of it."""
        if self.import_id is None:
            self.shown += items
            return
        self.shown += items[: max(0, ITEMS_SHOWN - len(self.shown))]
        await queries_imports.insert_items(
            self.scope, self.import_id, [sealed(item, self.box) for item in items]
        )


def _known(card: PreparedContact) -> Known:
    return Known(
        card.id,
        card.draft.uid,
        card.name_key,
        import_rules.comparable_of(card),
        card.draft.fingerprint,
    )
