"""Import an address book: every card has an outcome, and the file goes in whole or not at all."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import IO, Any
from uuid import UUID

from server.audit import service as audit
from server.contacts import import_rules, queries, queries_imports, rules, service_rows
from server.contacts.card_drafts import draft_of_card
from server.contacts.drafts import PreparedContact
from server.contacts.import_rules import Known, Matcher
from server.contacts.schemas_imports import ITEMS_SHOWN, ImportItem, ImportOut, ImportPageQuery
from server.contacts.service_bulk import insert_contacts, update_contacts
from server.contacts.vcard.card import BadCard, Card
from server.contacts.vcard.read import read_cards
from server.contacts.vcard.write import write_card
from server.db import transaction
from server.errors import BadInput, NotFound
from server.keys import service as keys
from server.keys.service import Box
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.users import service as users

BATCH = 500
_GROUP_CARD = ("group_card", "A distribution list is not a person; make a group of it instead.")

Progress = Callable[[int], None]
Read = Card | BadCard


class _DryRun(Exception):  # not an error: it takes the transaction back
    pass


async def import_vcards(
    scope: Scope,
    file: IO[bytes],
    *,
    dry_run: bool,
    now: datetime,
    progress: Progress | None = None,
) -> ImportOut:
    """Import vCard 2.1, 3.0 or 4.0 from an open file; memory does not grow with the file.

    A card that CatchUp knows (UID, or name with a phone or e-mail in common) updates its
    contact; one that changed nothing since its last import leaves it alone. `progress` is told
    the number of cards done.

    Raises:
        BadInput: `no_cards`: there is not one card in the file.
    """
    run = _Run(scope, await keys.box(scope.household_id), None if dry_run else uuid7(), now)
    with suppress(_DryRun):
        async with transaction():
            await run.begin()
            hashed = _Hashed(file)
            cards = read_cards(hashed)
            while batch := await asyncio.to_thread(lambda: list(islice(cards, BATCH))):
                await run.take(batch)
                if progress:
                    progress(len(batch))
            await run.finish(hashed.digest())
            if dry_run:
                raise _DryRun
    return run.reply()


async def get_import(scope: Scope, import_id: UUID, query: ImportPageQuery) -> ImportOut:
    """Return a finished import with a page of its ledger.

    Raises:
        NotFound: the user has no such import.
    """
    row = await queries_imports.get_import(scope, import_id)
    if row is None:
        raise NotFound
    after = _read_cursor(query.cursor)
    items = await queries_imports.list_items(scope, import_id, after=after, limit=query.limit + 1)
    page, more = items[: query.limit], len(items) > query.limit
    box = await keys.box(scope.household_id)
    return ImportOut(
        **{name: row[name] for name in ("id", "format", "created_at", *queries_imports.COUNTS)},
        dry_run=False,
        total=sum(row[name] for name in queries_imports.COUNTS),
        items=[_opened(item, box) for item in page],
        next_cursor=cursors.encode((page[-1]["position"],)) if more else None,
    )


class _Hashed:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self._file.read(size)
        self._hash.update(chunk)
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(65_536):
            yield chunk

    def digest(self) -> bytes:
        return self._hash.digest()


class _Run:
    """One import under way; `import_id` is None for a dry run, which stores no ledger."""

    def __init__(self, scope: Scope, box: Box, import_id: UUID | None, now: datetime) -> None:
        self.scope = scope
        self.box = box
        self.import_id = import_id
        self.now = now
        self.counts: Counter[str] = Counter()
        self.shown: list[ImportItem] = []
        self.home_zone = "UTC"

    async def begin(self) -> None:
        self.home_zone = (await users.me(self.scope)).zone
        if self.import_id:
            await queries_imports.insert_import(
                self.scope, self.import_id, file_format="vcard", now=self.now
            )

    async def take(self, batch: Sequence[Read]) -> None:
        """Store one batch of cards and its lines of the ledger."""
        await queries_imports.forget_plans()
        prepared = await asyncio.to_thread(self._prepare, batch)
        matcher = await self._matcher([card for card in prepared if card])
        new: dict[UUID, PreparedContact] = {}
        changed: dict[UUID, PreparedContact] = {}
        items = []
        for read, card in zip(batch, prepared, strict=True):
            item = self._decide(read, card, matcher, new, changed)
            self.counts[item.outcome] += 1
            items.append(item)
        await insert_contacts(self.scope, list(new.values()), now=self.now)
        await self._update(changed)
        await self._note(items)

    async def finish(self, content_sha256: bytes) -> None:
        if not self.counts:
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

    def _prepare(self, batch: Sequence[Read]) -> list[PreparedContact | None]:
        prepared: list[PreparedContact | None] = []
        for read in batch:
            if isinstance(read, BadCard) or read.kind == "group":
                prepared.append(None)
                continue
            fingerprint = hashlib.sha256(write_card(read).encode()).digest()
            draft = draft_of_card(read, fingerprint=fingerprint)
            prepared.append(rules.prepare(uuid7(), draft, home_zone=self.home_zone))
        return prepared

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
        changed: dict[UUID, PreparedContact],
    ) -> ImportItem:
        if isinstance(read, BadCard):
            return _item(read, "failed", code=read.code, reason=read.reason)
        if card is None:
            return _item(read, "skipped", code=_GROUP_CARD[0], reason=_GROUP_CARD[1])
        known = matcher.find(card)
        if known is None:
            new[card.id] = card
            matcher.add(_known(card))
            return _item(read, "created", contact_id=card.id)
        if known.fingerprint == card.draft.fingerprint:
            return _item(read, "unchanged", contact_id=known.id)
        if known.id in new:  # the same person twice in one batch: the later card adds to the first
            first = new[known.id]
            draft = import_rules.merged(first.draft, card.draft)
            new[known.id] = rules.prepare(known.id, draft, home_zone=self.home_zone)
        else:
            changed[known.id] = card
        return _item(read, "updated", contact_id=known.id)

    async def _update(self, changed: dict[UUID, PreparedContact]) -> None:
        if not changed:
            return
        rows = await queries.list_whole(self.scope, list(changed))
        edits = [
            rules.prepare(
                row["id"],
                import_rules.merged(service_rows.draft(row, self.box), changed[row["id"]].draft),
                home_zone=self.home_zone,
                version=row["version"],
            )
            for row in rows
        ]
        await update_contacts(self.scope, edits, now=self.now)

    async def _note(self, items: Sequence[ImportItem]) -> None:
        """Keep the ledger; the reply shows its beginning, that of a dry run all of it."""
        if self.import_id is None:
            self.shown += items
            return
        self.shown += items[: max(0, ITEMS_SHOWN - len(self.shown))]
        await queries_imports.insert_items(
            self.scope, self.import_id, [_sealed(item, self.box) for item in items]
        )


def _known(card: PreparedContact) -> Known:
    return Known(
        card.id,
        card.draft.uid,
        card.name_key,
        import_rules.comparable_of(card),
        card.draft.fingerprint,
    )


def _item(
    read: Read,
    outcome: str,
    *,
    code: str | None = None,
    reason: str | None = None,
    contact_id: UUID | None = None,
) -> ImportItem:
    warnings = [] if isinstance(read, BadCard) else [asdict(found) for found in read.warnings]
    return ImportItem.model_validate(
        {
            "position": read.position,
            "line": read.line,
            "name": read.name,
            "outcome": outcome,
            "code": code,
            "reason": reason,
            "contact_id": contact_id,
            "warnings": warnings,
        }
    )


def _sealed(item: ImportItem, box: Box) -> dict[str, Any]:
    row = item.model_dump(include={"position", "line", "outcome", "code", "contact_id"})
    row["id"] = uuid7()
    personal = item.model_dump(mode="json", include={"name", "reason", "warnings"})
    text = json.dumps(personal, ensure_ascii=False)
    return row | {"ledger": box.seal("import_items", "ledger", row["id"], text)}


def _opened(row: Any, box: Box) -> ImportItem:
    personal = json.loads(box.open("import_items", "ledger", row["id"], row["ledger"]))
    plain = {name: row[name] for name in ("position", "line", "outcome", "code", "contact_id")}
    return ImportItem.model_validate(plain | personal)


def _read_cursor(text: str | None) -> int:
    if text is None:
        return 0
    try:
        (position,) = cursors.decode(text, (int,))
    except ValueError:
        raise BadInput("The cursor is not one of ours.", code="bad_cursor") from None
    return int(position)
