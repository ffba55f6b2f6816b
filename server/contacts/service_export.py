"""Give an address book back: everything that came in, and what changed since."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from server.contacts import queries, queries_imports, service_rows
from server.contacts.card_drafts import card_of_draft
from server.contacts.csv_files import write as csv_write
from server.contacts.drafts import ContactDraft
from server.contacts.file_drafts import record_of
from server.contacts.import_rules import own_uid
from server.contacts.schemas_file import FORMAT, VERSION, json_ready
from server.contacts.vcard.write import write_card
from server.db import Row
from server.keys import service as keys
from server.lib.scope import Scope

PAGE = 500
CONTENT_TYPES = {"vcf": "text/vcard", "csv": "text/csv", "json": "application/json"}

Write = Callable[[ContactDraft, Row], str]


async def export_vcards(scope: Scope) -> AsyncIterator[str]:
    """Yield every contact that the user sees as vCard 4.0, archived ones too, by name.

    Reads page by page: memory does not grow with the address book, and nothing is locked.
    """

    def write(draft: ContactDraft, row: Row) -> str:
        return write_card(card_of_draft(draft, uid=own_uid(row["id"]), tags=draft.tags))

    async for text in _contacts(scope, write):
        yield text


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


def export(scope: Scope, file_format: str, *, now: datetime) -> AsyncIterator[str]:
    """Yield an export in one of the formats of CONTENT_TYPES."""
    if file_format == "csv":
        return export_csv(scope)
    return export_json(scope, now=now) if file_format == "json" else export_vcards(scope)


def _record(draft: ContactDraft, row: Row) -> dict[str, Any]:
    return record_of(draft, row, draft.uid or own_uid(row["id"]))


async def _contacts(scope: Scope, write: Write) -> AsyncIterator[str]:
    after = None
    while rows := await queries.list_whole_page(scope, after=after, limit=PAGE):
        box = await keys.box(scope.household_id)
        for row in rows:
            draft = replace(
                service_rows.draft(row, box),
                tags=tuple(tag["name"] for tag in row["tags"]),
                groups=tuple(group["name"] for group in row["groups"]),
            )
            yield write(draft, row)
        after = (rows[-1]["name_key"], rows[-1]["id"])
