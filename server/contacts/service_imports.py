"""Import an address book: every card has an outcome, and the file goes in whole or not at all."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from datetime import datetime
from itertools import islice
from typing import IO
from uuid import UUID

from server.contacts import queries_imports
from server.contacts.schemas_imports import ImportOut, ImportPageQuery
from server.contacts.service_import_items import opened
from server.contacts.service_import_run import Batch, ImportRun
from server.contacts.vcard.read import read_cards
from server.db import savepoint
from server.errors import NotFound
from server.keys import service as keys
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.queue import ask_for_user

BATCH = 500

Progress = Callable[[int], None]


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
        Conflict: somebody changed one of its contacts meanwhile; nothing is stored.
    """
    run = ImportRun(scope, await keys.box(scope.household_id), None if dry_run else uuid7(), now)
    with suppress(_DryRun):
        async with savepoint():  # so that a dry run inside another transaction is taken back
            await run.begin()
            hashed = _Hashed(file)
            cards = read_cards(hashed)
            async with aclosing(_ahead(lambda: run.prepare(list(islice(cards, BATCH))))) as batches:
                async for batch in batches:
                    await run.take(batch)
                    if progress:
                        progress(len(batch))
            await run.finish(hashed.digest())
            if dry_run:
                raise _DryRun
    if not dry_run:
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
        **{name: row[name] for name in ("id", "format", "created_at", *queries_imports.COUNTS)},
        dry_run=False,
        total=sum(row[name] for name in queries_imports.COUNTS),
        items=[opened(item, box) for item in page],
        next_cursor=cursors.encode((page[-1]["position"],)) if more else None,
    )


async def _ahead(read: Callable[[], Batch]) -> AsyncGenerator[Batch]:
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

    def digest(self) -> bytes:
        return self._hash.digest()
