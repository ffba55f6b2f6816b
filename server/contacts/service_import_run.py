"""One import under way: batch by batch, each entry to its contact."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from server.audit import service as audit
from server.contacts import import_rules, queries, queries_imports, rules, service_rows
from server.contacts.card_drafts import SOURCE
from server.contacts.drafts import PreparedContact
from server.contacts.import_entries import Read, Refused
from server.contacts.import_rules import Known, Matcher
from server.contacts.schemas_imports import ITEMS_SHOWN, Format, ImportItem, ImportOut
from server.contacts.service_bulk import insert_contacts, take_steps, update_contacts
from server.contacts.service_import_batch import (
    BatchWork,
    Matched,
    Prepared,
    Target,
    match_batch,
    prepared_of,
)
from server.contacts.service_import_items import Line, sealed, shown
from server.contacts.service_import_photos import ImportPhotos
from server.contacts.vcard.card import OUTSIDE_CARD, CardWarning
from server.db import Row, forget_plans
from server.errors import BadInput, Conflict
from server.keys import service as keys
from server.keys.service import Box
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.users import service as users

_NOTHING: dict[str, tuple[str, str]] = {
    "vcard": ("no_cards", "There is not one card (BEGIN:VCARD) in this file."),
    "csv": ("no_rows", "There is not one row below the header of this file."),
    "json": ("no_contacts", "There is not one contact in this file."),
}

_UNCLEAR_PHONE = (
    "A phone number without a country code could be of several countries; kept as written, but"
    " not read."
)


class ImportRun:
    """One import under way; `import_id` is None for a dry run, which stores no ledger."""

    def __init__(
        self,
        scope: Scope,
        import_id: UUID | None,
        file_format: Format,
        now: datetime,
        *,
        after: int = 0,
    ) -> None:
        self.scope = scope
        # Taken anew with each batch: an import may outlast a rotation's patience.
        self.box = Box(scope.household_id)
        self.import_id = import_id
        self.format = file_format
        self.now = now
        # The lines up to this position are not shown.
        self.after = after
        self.counts: Counter[str] = Counter()
        self.has_entries = False
        self.shown: list[ImportItem] = []
        self.has_more = False
        self.home_zone = "UTC"
        # Fingerprints of unchanged cards, for contacts that are several cards in one file.
        self.unchanged: dict[UUID, bytes] = {}
        self.photos = ImportPhotos(scope, self.box, is_dry=import_id is None)

    async def begin(self) -> None:
        """Open the ledger.

        Raises:
            Conflict: `import_running`: another import or undo of the household is under way.
        """
        self.home_zone = (await users.me(self.scope)).zone
        # A dry run writes what an import writes, and takes it back.
        await one_at_a_time(self.scope)
        if self.import_id:
            await queries_imports.insert_import(
                self.scope, self.import_id, file_format=self.format, now=self.now
            )

    async def take(self, batch: Sequence[Prepared]) -> None:
        """Store one batch of entries and its lines of the ledger.

        What takes long is done in a thread: others use the event loop meanwhile.
        """
        await forget_plans()
        self.box = self.photos.box = await keys.box(self.scope.household_id)
        matcher = await self._matcher([card for _, card in batch if card])
        matched = await asyncio.to_thread(match_batch, batch, matcher, self.unchanged)
        targets = await self._targets(matched)
        matched = await self.photos.settle(matched, targets)
        work = BatchWork(targets, self.unchanged)
        lines = await asyncio.to_thread(lambda: [work.take(each) for each in matched])
        for line in lines:
            self.counts[line.outcome] += 1
            read = line.read
            self.has_entries |= not (isinstance(read, Refused) and read.code == OUTSIDE_CARD)
        await self._write(work)
        await self._note(lines)

    async def finish(self, content_sha256: bytes) -> None:
        """Close the ledger and tell the audit trail.

        Raises:
            BadInput: `no_cards`, `no_rows`, `no_contacts`: nothing was read.
        """
        if not self.has_entries:
            code, reason = _NOTHING[self.format]
            raise BadInput(reason, code=code)
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
        return ImportOut(
            id=self.import_id,
            dry_run=self.import_id is None,
            format=self.format,
            total=self.counts.total(),
            **{name: self.counts[name] for name in queries_imports.COUNTS},
            created_at=self.now,
            undone_at=None,
            items=self.shown,
            next_cursor=cursors.encode((self.shown[-1].position,)) if self.has_more else None,
        )

    def prepare(self, batch: Sequence[Read]) -> list[Prepared]:
        """Work out what each entry would be as a contact; in a thread, beside the event loop."""
        return [self._prepared(read) for read in batch]

    def _prepared(self, read: Read) -> Prepared:
        if isinstance(read, Refused):
            return read, None
        card = rules.prepare(uuid7(), read.draft, home_zone=self.home_zone)
        doubts = card.doubtful_phones
        if not doubts:
            return read, card
        warning = CardWarning(read.line, "unclear_phone", _UNCLEAR_PHONE)
        return replace(read, warnings=(*read.warnings, *[warning] * doubts)), card

    async def _matcher(self, cards: Sequence[PreparedContact]) -> Matcher:
        matcher = Matcher()
        uids = [card.draft.uid for card in cards if card.draft.uid]
        for row in await queries_imports.list_known(
            self.scope,
            uids=uids,
            name_keys=[card.name_key for card in cards],
            ids=[known for uid in uids if (known := import_rules.own_id(uid))],
            fingerprints=[card.draft.fingerprint for card in cards if card.draft.fingerprint],
        ):
            matcher.add(
                Known(
                    row["id"],
                    row["uid"],
                    row["name_key"],
                    frozenset(row["comparable"]),
                    row["fingerprint"],
                    row["is_own"],
                )
            )
        return matcher

    async def _targets(self, matched: Sequence[Matched]) -> dict[UUID, Target]:
        """Read the contacts that entries may change."""
        known = {
            each.contact_id
            for each in matched
            if each.contact_id and each.card and each.contact_id != each.card.id
            if not each.is_known
        }
        rows = await queries.list_whole(self.scope, list(known)) if known else []
        return await asyncio.to_thread(lambda: {row["id"]: self._target(row) for row in rows})

    def _target(self, row: Row) -> Target:
        tags = tuple(tag["name"] for tag in row["tags"])
        groups = tuple(group["name"] for group in row["groups"])
        return Target(
            row["id"],
            replace(service_rows.draft(row, self.box), tags=tags, groups=groups),
            row["version"],
            was_written=row["updated_at"] == self.now,
            archived_at=row["archived_at"],
            tags=tags,
            groups=groups,
            photo_id=row["photo_id"],
        )

    async def _write(self, work: BatchWork) -> None:
        targets = [target for target in work.targets.values() if target.is_changed]
        written = await asyncio.to_thread(
            lambda: [prepared_of(target, home_zone=self.home_zone) for target in targets]
        )
        new = [each for each in written if not each.version]
        edits = [each for each in written if each.version]
        await insert_contacts(self.scope, new, now=self.now)
        archived = {t.id: t.archived_at for t in targets if not t.version and t.archived_at}
        if archived:
            await queries_imports.archive_imported(self.scope, archived)
        if edits:
            saved = await update_contacts(self.scope, edits, now=self.now)
            if len(saved) < len(edits):
                raise Conflict("A contact was changed during the import; import the file again.")
            # Its tags come from a file, whoever made the contact.
            imported = [replace(edit, draft=replace(edit.draft, source=SOURCE)) for edit in edits]
            await take_steps(self.scope, imported, now=self.now)
        await self.photos.write(work.photos, now=self.now)
        remembered = {
            contact_id: fingerprint
            for contact_id, fingerprint in work.remembered.items()
            if not work.targets[contact_id].is_changed
        }
        if remembered:
            await queries_imports.note_fingerprints(self.scope, remembered)

    async def _note(self, lines: Sequence[Line]) -> None:
        """Keep the ledger; the reply shows its beginning, that of a dry run the page asked for."""
        wanted = [line for line in lines if line.read.position > self.after]
        room = ITEMS_SHOWN - len(self.shown)
        self.shown += await asyncio.to_thread(lambda: [shown(line) for line in wanted[:room]])
        self.has_more |= len(wanted) > room
        if self.import_id is not None:
            items = await asyncio.to_thread(lambda: [sealed(line, self.box) for line in lines])
            await queries_imports.insert_items(self.scope, self.import_id, items)


async def one_at_a_time(scope: Scope) -> None:
    """Let one import, dry run or undo of the household run; the lock goes with the transaction.

    Raises:
        Conflict: `import_running`: another one is under way.
    """
    if not await queries_imports.try_lock_imports(scope):
        raise Conflict(
            "Another import of your household is still running; try again when it is done.",
            code="import_running",
        )
