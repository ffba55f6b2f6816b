"""Give an address book back: everything that came in, and what changed since."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.audit import service as audit
from server.contacts import (
    queries,
    queries_imports,
    queries_photos,
    service_photos,
    service_rows,
)
from server.contacts.card_drafts import card_of_draft
from server.contacts.csv_files import write as csv_write
from server.contacts.drafts import ContactDraft
from server.contacts.file_drafts import record_of
from server.contacts.import_rules import own_uid
from server.contacts.kept_photos import photo_property
from server.contacts.own_properties import own_properties
from server.contacts.schemas_file import FORMAT, VERSION, json_ready
from server.contacts.service_rows import TABLE
from server.contacts.vcard.card import KeptProperty
from server.contacts.vcard.write import write_card
from server.db import Row
from server.keys import service as keys
from server.keys.service import Box
from server.lib.scope import Scope

PAGE = 500
CONTENT_TYPES = {"vcf": "text/vcard", "csv": "text/csv", "json": "application/json"}

Page = list[tuple[ContactDraft, Row]]
Write = Callable[[ContactDraft, Row], str]


async def export_vcards(
    scope: Scope, *, photos: bool = False, only_own: bool = False
) -> AsyncIterator[str]:
    """Yield every contact that the user sees as vCard 4.0, archived ones too, by name.

    `only_own` leaves out what housemates share. Reads page by page: memory does not grow with the
    address book, and nothing is locked. With `photos` one photo at a time is read from the store.

    Raises:
        ProviderError: the store cannot be used.
    """
    async for drafts in _pages(scope, only_own=only_own):
        ids = [row["id"] for _, row in drafts if photos and row["photo_id"]]
        stored = await queries_photos.list_photo_keys(scope, ids) if ids else {}
        if not stored:
            for text in await asyncio.to_thread(_written, drafts, _vcard):
                yield text
            continue
        for draft, row in drafts:
            photo = await _photo(scope, stored.get(row["id"]))
            yield await asyncio.to_thread(_vcard, draft, row, photo)


async def export_csv(scope: Scope) -> AsyncIterator[str]:
    """Yield them as CSV, as `export_vcards` does; what a vCard kept aside is not in it."""
    widths = await queries_imports.widest(scope)

    def write(draft: ContactDraft, row: Row) -> str:
        return csv_write.row(_record(draft, row), widths)

    yield csv_write.BOM + csv_write.header(widths)
    async for text in _contacts(scope, write):
        yield text


async def export_json(scope: Scope, *, now: datetime) -> AsyncIterator[str]:
    """Yield them as a ContactsFile (schemas_file.py), one contact a line: everything but photos."""
    between = "\n"

    def write(draft: ContactDraft, row: Row) -> str:
        return json.dumps(json_ready(_record(draft, row)), ensure_ascii=False)

    head = {"format": FORMAT, "version": VERSION, "exported_at": now.isoformat()}
    yield f'{json.dumps(head)[:-1]}, "contacts": ['
    async for text in _contacts(scope, write):
        yield f"{between}{text}"
        between = ",\n"
    yield "\n]}\n"


async def export(
    scope: Scope, file_format: str, *, photos: bool = False, now: datetime
) -> AsyncIterator[str]:
    """Yield an export in one of the formats of CONTENT_TYPES; `photos` are for vCards."""
    await audit.record(
        scope.household_id,
        "contacts.exported",
        actor_id=scope.user_id,
        details={"contacts": await queries.count_all_visible(scope), "format": file_format},
        now=now,
    )
    if file_format == "csv":
        return export_csv(scope)
    return (
        export_json(scope, now=now)
        if file_format == "json"
        else export_vcards(scope, photos=photos)
    )


def _draft(row: Row, box: Box) -> ContactDraft:
    return replace(
        service_rows.draft(row, box),
        tags=tuple(tag["name"] for tag in row["tags"]),
        groups=tuple(group["name"] for group in row["groups"]),
    )


def _record(draft: ContactDraft, row: Row) -> dict[str, Any]:
    return record_of(draft, row, draft.uid or own_uid(row["id"]))


def _vcard(draft: ContactDraft, row: Row, photo: KeptProperty | None = None) -> str:
    card = card_of_draft(draft, uid=own_uid(row["id"]), tags=draft.tags)
    # Of several photos on a card the first is the contact's.
    first = [photo] if photo else []
    return write_card(replace(card, kept=(*first, *card.kept, *own_properties(draft))))


async def _photo(scope: Scope, stored: Row | None) -> KeptProperty | None:
    """Read a photo from the store; one that the store has lost is none."""
    if stored is None:
        return None
    box = await keys.box(scope.household_id)
    key = box.open(TABLE, "photo_key", stored["id"], stored["photo_key"])
    content = await service_photos.read(scope, stored["photo_id"], key)
    return photo_property(stored["photo_id"], content) if content is not None else None


async def _contacts(scope: Scope, write: Write) -> AsyncIterator[str]:
    async for drafts in _pages(scope):
        # In a thread, as what is decrypted: hundreds at once would hold the event loop.
        for text in await asyncio.to_thread(_written, drafts, write):
            yield text


def _drafts(rows: Sequence[Row], box: Box) -> Page:
    return [(_draft(row, box), row) for row in rows]


def _written(drafts: Page, write: Write) -> list[str]:
    return [write(draft, row) for draft, row in drafts]


async def _pages(scope: Scope, *, only_own: bool = False) -> AsyncIterator[Page]:
    after = None
    while rows := await queries.list_whole_page(scope, after=after, limit=PAGE):
        wanted = [row for row in rows if not only_own or row["user_id"] == scope.user_id]
        box = await keys.box(scope.household_id)
        yield await asyncio.to_thread(_drafts, wanted, box)
        after = (rows[-1]["name_key"], rows[-1]["id"])
