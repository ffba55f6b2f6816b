"""Import an address book: each entry has an outcome; the file goes in whole or not at all."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from server.contacts import queries_imports
from server.contacts.csv_files import read as csv_read
from server.contacts.csv_files.fields import MAPPABLE
from server.contacts.file_drafts import entries_of_rows
from server.contacts.import_entries import Read, entries_of_cards
from server.contacts.json_file import BadFile, read_contacts
from server.contacts.schemas_imports import (
    Format,
    ImportListQuery,
    ImportOut,
    ImportPage,
    ImportPageQuery,
    ImportSummary,
)
from server.contacts.service_import_batch import Prepared
from server.contacts.service_import_items import opened
from server.contacts.service_import_photos import photo_chars
from server.contacts.service_import_run import ImportRun
from server.contacts.vcard.read import read_cards
from server.db import Row, be_patient, savepoint
from server.errors import BadInput, FieldError, NotFound
from server.keys import service as keys
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.queue import ask_for_user

BATCH = 500
MOST_WAITING = 4 * 2**20
"""Characters of photos in one batch of entries; there are two at a time."""
MOST_ENTRIES = 100_000
"""Of one file: a short line costs as much as a contact, and a transaction holds them all."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How to import: `mapping` is a CSV's own (header → field), `after` where a dry run goes on."""

    format: Format = "vcard"
    dry_run: bool = False
    mapping: Mapping[str, str] = field(default_factory=dict)
    after: int = 0


class _DryRun(Exception):  # not an error: it takes the transaction back
    pass


async def import_file(
    scope: Scope,
    file: IO[bytes],
    wishes: Wishes,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> ImportOut:
    """Import vCard 2.1 to 4.0, CSV, or our JSON from an open, seekable file.

    Memory does not grow with the file. An entry that CatchUp knows (UID, or name with a phone or
    e-mail in common) updates its contact; one that says nothing new leaves it alone. `progress`
    is told the number of entries done.

    Raises:
        BadInput: `no_cards`, `no_rows`, `no_contacts`: there is nothing in the file;
            `unknown_columns`, `too_many_columns`, `bad_json`: it cannot be read;
            `too_many_entries`; `unmatched_mapping`: the mapping names a column that is not in it.
        Conflict: `import_running`, or somebody changed one of its contacts meanwhile; nothing
            is stored.
        ProviderError: there are photos, and the store cannot be used; nothing is stored.
    """
    be_patient()
    run = ImportRun(
        scope,
        None if wishes.dry_run else uuid7(),
        wishes.format,
        now,
        after=wishes.after if wishes.dry_run else 0,
    )
    hashed = _Hashed(file)
    entries = await asyncio.to_thread(_entries, hashed, wishes)
    with suppress(_DryRun):
        async with savepoint():  # so that a dry run inside another transaction is taken back
            await run.begin()
            async with aclosing(_ahead(lambda: run.prepare(_batch(entries)))) as batches:
                try:
                    async for batch in batches:
                        if run.counts.total() + len(batch) > MOST_ENTRIES:
                            raise BadInput(
                                f"The file has over {MOST_ENTRIES:,} entries; split it.",
                                code="too_many_entries",
                            )
                        await run.take(batch)
                        if progress:
                            progress(len(batch))
                except BadFile as error:
                    raise BadInput(
                        f"This is no export of ours: {error}.", code="bad_json"
                    ) from None
            await run.finish(hashed.digest())
            if wishes.dry_run:
                raise _DryRun
    if not wishes.dry_run:
        # After the commit; whoever imported sees whom to catch up with within a minute.
        await ask_for_user("suggest_to_user", scope)
    return run.reply()


async def get_import(scope: Scope, import_id: UUID, query: ImportPageQuery) -> ImportOut:
    """Return a finished import with a page of its ledger.

    Raises:
        NotFound: the user has no such import.
    """
    row = await queries_imports.get_import(scope, import_id)
    if row is None:
        raise NotFound
    after = query.after
    items = await queries_imports.list_items(scope, import_id, after=after, limit=query.limit + 1)
    page, more = items[: query.limit], len(items) > query.limit
    box = await keys.box(scope.household_id)
    return ImportOut(
        **summary_fields(row),
        dry_run=False,
        items=[opened(item, box) for item in page],
        next_cursor=cursors.encode((page[-1]["position"],)) if more else None,
    )


async def list_imports(scope: Scope, query: ImportListQuery) -> ImportPage:
    """Return a page of the user's imports, newest first."""
    rows = await queries_imports.list_imports(scope, after=query.after, limit=query.limit + 1)
    page, more = rows[: query.limit], len(rows) > query.limit
    return ImportPage(
        items=[ImportSummary(**summary_fields(row)) for row in page],
        next_cursor=cursors.encode((page[-1]["created_at"], page[-1]["id"])) if more else None,
    )


def summary_fields(row: Row) -> dict[str, Any]:
    """Return the fields of an ImportSummary."""
    names = ("id", "format", "created_at", "undone_at", *queries_imports.COUNTS)
    return {name: row[name] for name in names} | {
        "total": sum(row[name] for name in queries_imports.COUNTS)
    }


def _batch(entries: Iterator[Read]) -> list[Read]:
    """Take the next entries: BATCH, or fewer with many photos, which are in memory together."""
    batch: list[Read] = []
    waiting = 0
    for read in entries:
        batch.append(read)
        waiting += photo_chars(read)
        if len(batch) == BATCH or waiting > MOST_WAITING:
            break
    return batch


def _entries(file: "_Hashed", wishes: Wishes) -> Iterator[Read]:
    if wishes.format == "json":
        return read_contacts(file)  # type: ignore[arg-type]  # it reads, which is all that is asked
    if wishes.format == "vcard":
        return entries_of_cards(read_cards(file))
    return entries_of_rows(_rows(file, wishes.mapping))


def _rows(file: "_Hashed", mapping: Mapping[str, str]) -> Iterator[Any]:
    table = file.whole()
    try:
        layout = csv_read.find_layout(table, mapping)
    except csv_read.TooManyColumns:
        raise BadInput("The header has over 1,000 columns.", code="too_many_columns") from None
    except csv_read.UnmatchedMapping as unmatched:
        raise BadInput(
            f"The file has no column {_quoted(unmatched.missing)}, which `mapping` names."
            f" Found: {_quoted(unmatched.headers)}.",
            code="unmatched_mapping",
            fields=[FieldError("mapping", "unmatched_mapping", "names a column that is not there")],
        ) from None
    except csv_read.UnknownColumns as unknown:
        raise BadInput(
            f"No column says who is meant. Found: {_quoted(unknown.headers)}."
            f" Say with `mapping` what they are, as in"
            f' {{"{_plain(unknown.headers)}": "name"}}; for a file without a header by number:'
            f' {{"1": "name"}}. Fields: {", ".join(MAPPABLE)}, custom_fields.NAME.',
            code="unknown_columns",
            fields=[FieldError("mapping", "unknown_columns", "is needed for this file")],
        ) from None
    return csv_read.read_rows(table, layout, mapping)


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(map(repr, names))


def _plain(headers: tuple[str, ...]) -> str:
    return next((header for header in headers if header.strip()), "Header")


async def _ahead(read: Callable[[], list[Prepared]]) -> AsyncGenerator[list[Prepared]]:
    """Yield what `read` returns until it is empty; it reads on while the last batch is stored."""
    upcoming = asyncio.create_task(asyncio.to_thread(read))
    try:
        while batch := await upcoming:
            upcoming = asyncio.create_task(asyncio.to_thread(read))
            yield batch
    finally:
        # The thread holds the file, which its owner closes next.
        await asyncio.wait([upcoming])


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

    def whole(self) -> IO[bytes]:
        """Return the file itself, for who reads it twice: it is hashed here and now."""
        self._hash = hashlib.sha256()
        self._file.seek(0)
        for _ in self:
            pass
        self._file.seek(0)
        return self._file

    def digest(self) -> bytes:
        return self._hash.digest()
