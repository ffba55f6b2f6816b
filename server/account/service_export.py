"""Give a person everything that is theirs: JSON, tables, or a zip of all with cards and photos.

Theirs is what they wrote: a contact that a housemate shares with them is the housemate's. Read
page by page, so memory does not grow with the account and nothing is locked; what changes
meanwhile may be in the export or not.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from server.account import queries
from server.account.columns import EXPORTED, TABLES, TableRule
from server.account.records import csv_line, json_text, record
from server.audit import service as audit
from server.contacts import service_photos
from server.contacts.service_export import export_vcards
from server.errors import NotFound, ProviderError
from server.keys import service as keys
from server.keys.service import Box
from server.lib.scope import Scope
from server.lib.zip_stream import ZipStream

PAGE = 500
FORMAT, VERSION = "catchup-account", 1

Format = Literal["json", "csv", "zip"]
ENDINGS: dict[Format, str] = {"json": "json", "csv": "zip", "zip": "zip"}
CONTENT_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "application/zip",
    "zip": "application/zip",
}


async def export(
    scope: Scope, wanted: Format, *, actor_id: UUID | None = None, now: datetime
) -> AsyncIterator[bytes]:
    """Note in the audit trail who exports, and return the export of a user in parts.

    `actor_id` is the admin who does it for the user; None: the user.
    """
    await audit.record(
        scope.household_id,
        "account.exported",
        actor_id=actor_id or scope.user_id,
        subject_kind="user",
        subject_id=scope.user_id,
        details={"contacts": await queries.count_contacts(scope), "format": wanted},
        now=now,
    )
    if wanted == "json":
        return _as_json(scope, now=now)
    return _as_zip(scope, with_all=wanted == "zip", now=now)


async def _as_json(scope: Scope, *, now: datetime) -> AsyncIterator[bytes]:
    """Yield one object: `tables` has a list for each, `withheld` says what is not in them."""
    box = await keys.box(scope.household_id)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": now.isoformat(),
        "household_id": str(scope.household_id),
        "user_id": str(scope.user_id),
        "withheld": {name: dict(rule.withheld) for name, rule in TABLES.items()},
    }
    yield f'{json_text(head)[:-1]}, "tables": {{'.encode()
    between_tables = ""
    for table, rule in EXPORTED.items():
        yield f"{between_tables}\n{json_text(table)}: [".encode()
        between_tables, between = ",", "\n"
        async for page in _pages(scope, table, rule, box):
            yield (between + ",\n".join(map(json_text, page))).encode()
            between = ",\n"
        yield b"]"
    yield b"\n}}\n"


async def _as_zip(scope: Scope, *, with_all: bool, now: datetime) -> AsyncIterator[bytes]:
    """Yield a zip with a CSV for each table; `with_all`: and JSON, vCards and photos."""
    archive = ZipStream(now=now)
    if with_all:
        async for part in _file(archive, "account.json", _as_json(scope, now=now)):
            yield part
        cards = export_vcards(scope, only_own=True)
        async for part in _file(archive, "contacts.vcf", _encoded(cards)):
            yield part
    box = await keys.box(scope.household_id)
    for table, rule in EXPORTED.items():
        lines = _csv(scope, table, rule, box)
        async for part in _file(archive, f"tables/{table}.csv", lines):
            yield part
    async for part in _file(archive, "tables/withheld.csv", _withheld()):
        yield part
    if with_all:
        async for part in _photos(scope, archive):
            yield part
    archive.end()
    yield archive.take()


async def _file(archive: ZipStream, name: str, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    with archive.begin(name) as file:
        async for part in parts:
            # Deflating lets go of the interpreter: other requests go on.
            await asyncio.to_thread(file.write, part)
            yield archive.take()
    yield archive.take()


async def _csv(scope: Scope, table: str, rule: TableRule, box: Box) -> AsyncIterator[bytes]:
    yield csv_line(rule.exported).encode("utf-8-sig")  # the mark tells Excel that it is UTF-8
    async for page in _pages(scope, table, rule, box):
        yield "".join(csv_line(list(one.values())) for one in page).encode()


async def _withheld() -> AsyncIterator[bytes]:
    yield csv_line(("table", "column", "reason")).encode("utf-8-sig")
    for table, rule in TABLES.items():
        lines = [csv_line((table, column, reason)) for column, reason in rule.withheld.items()]
        yield "".join(lines).encode()


async def _photos(scope: Scope, archive: ZipStream) -> AsyncIterator[bytes]:
    """Photos by their contact's id; one that the store does not give is named with the reason."""
    missing: list[bytes] = []
    after: UUID | None = None
    while rows := await queries.list_photos(scope, after=after, limit=PAGE):
        for row in rows:
            try:
                photo = await service_photos.get_photo(scope, row["id"])
            except (NotFound, ProviderError) as error:  # deleted meanwhile, or the store is away
                missing.append(csv_line((str(row["id"]), error.code)).encode())
                continue
            content = _once(photo.content)
            async for part in _file(archive, f"photos/{row['id']}.jpg", content):
                yield part
        after = rows[-1]["id"]
    if missing:
        lines = _once(csv_line(("contact_id", "code")).encode() + b"".join(missing))
        async for part in _file(archive, "photos/missing.csv", lines):
            yield part


async def _pages(
    scope: Scope, table: str, rule: TableRule, box: Box
) -> AsyncIterator[list[dict[str, Any]]]:
    after: UUID | None = None
    while rows := await queries.list_rows(scope, table, rule, after=after, limit=PAGE):
        yield [record(row, table, rule.exported, box) for row in rows]
        after = rows[-1]["id"]


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _encoded(texts: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for text in texts:
        yield text.encode()
