"""Take a whole import back: all of it in one transaction, and nothing that users did since.

A contact that the import made is deleted, unless it was changed or used since: then it is kept
and the reply says why. A contact that it changed gets back what it was, field by field, but for
fields that were changed again (ADR 0011).
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from server import versions
from server.audit import service as audit
from server.contacts import (
    queries,
    queries_photos,
    queries_undo,
    rules,
    service_photos,
    service_rows,
    undo_rules,
)
from server.contacts.drafts import ContactDraft
from server.contacts.import_diff import state_of
from server.contacts.schemas_imports import ITEMS_SHOWN, ImportPageQuery, UndoOut
from server.contacts.service_bulk import update_contacts
from server.contacts.service_import_batch import kept_digest
from server.contacts.service_import_items import opened_ledger, seal_ledger
from server.contacts.service_import_run import one_at_a_time
from server.contacts.service_imports import get_import
from server.db import Row, forget_plans, transaction
from server.errors import Conflict, NotFound
from server.keys import service as keys
from server.keys.service import Box
from server.lib.scope import Scope
from server.queue import ask_for_user

BATCH = 500
OUTCOMES = ("deleted", "restored", "partly_restored", "kept", "nothing")
_BEHIND_ALL = 2**31 - 1


@dataclass(slots=True)
class _Verdict:
    """What becomes of a contact that the import made: all its lines say the same."""

    outcome: str
    code: str | None = None


@dataclass(slots=True)
class _Undo:
    """One undo under way."""

    scope: Scope
    box: Box
    imported_at: datetime
    now: datetime
    counts: Counter[str] = field(default_factory=Counter)
    verdicts: dict[UUID, _Verdict] = field(default_factory=dict)

    def to_delete(self) -> list[UUID]:
        """Return the contacts that go; at the very end, for their lines name them until then."""
        return [each for each, verdict in self.verdicts.items() if verdict.outcome == "deleted"]


async def undo_import(scope: Scope, import_id: UUID, *, now: datetime) -> UndoOut:
    """Take an import back; return what was done about each line.

    Raises:
        NotFound: the user has no such import.
        Conflict: `already_undone`; `ledger_gone`: it is too old; `import_running`: another
            import or undo is under way.
    """
    async with transaction():
        row = await queries_undo.hold_import(scope, import_id)
        if row is None:
            raise NotFound
        if row["undone_at"] is not None:
            raise Conflict("This import was undone before.", code="already_undone")
        await one_at_a_time(scope)
        undo = _Undo(scope, await keys.box(scope.household_id), row["created_at"], now)
        before = _BEHIND_ALL
        while items := await queries_undo.list_items_back(
            scope, import_id, before=before, limit=BATCH
        ):
            await _take_back(undo, items)
            before = items[-1]["position"]
        if undo.counts.total() < row["created"] + row["updated"]:
            raise Conflict(
                "What this import changed is not kept any more; it cannot be undone.",
                code="ledger_gone",
            )
        gone = undo.to_delete()
        for at in range(0, len(gone), BATCH):
            for photo_id in await queries_undo.delete_contacts(scope, gone[at : at + BATCH]):
                await service_photos.forget(scope, photo_id)
        await queries_undo.delete_empty(scope, imported_at=undo.imported_at)
        await queries_undo.set_undone(scope, import_id, now=now)
        # With a contact go the suggestions about it that nobody answered.
        await versions.changed([scope], "household_contacts", "contacts", "suggestions")
        await audit.record(
            scope.household_id,
            "contacts.import_undone",
            actor_id=scope.user_id,
            subject_kind="import",
            subject_id=import_id,
            details=dict(undo.counts),
            now=now,
        )
    await ask_for_user("suggest_to_user", scope)
    done = await get_import(scope, import_id, ImportPageQuery(limit=ITEMS_SHOWN))
    undo.counts["nothing"] += row["unchanged"] + row["skipped"] + row["failed"]
    return UndoOut(**dict(done), **{name: undo.counts[name] for name in OUTCOMES})


async def _take_back(undo: _Undo, items: Sequence[Row]) -> None:
    """Take back some lines, the last one of the file first."""
    scope = undo.scope
    await forget_plans()
    undo.box = await keys.box(scope.household_id)
    contact_ids = list({item["contact_id"] for item in items if item["contact_id"]})
    await queries_undo.hold_contacts(scope, contact_ids)
    rows = {row["id"]: row for row in await queries.list_whole(scope, contact_ids)}
    used = await queries_undo.list_used(scope, contact_ids, imported_at=undo.imported_at)
    # In a thread, beside the event loop: what decrypts and encrypts hundreds of texts.
    ledgers, drafts = await asyncio.to_thread(_decide, undo, items, rows, used)
    await _write(undo, rows, drafts)
    sealed = await asyncio.to_thread(
        lambda: {item_id: seal_ledger(item_id, each, undo.box) for item_id, each in ledgers.items()}
    )
    await queries_undo.update_ledgers(scope, sealed)


def _decide(
    undo: _Undo, items: Sequence[Row], rows: dict[UUID, Row], used: dict[UUID, str]
) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, ContactDraft]]:
    """Return each line as it is to be kept, and each contact that is to be restored."""
    ledgers: dict[UUID, dict[str, Any]] = {}
    drafts: dict[UUID, ContactDraft] = {}
    for item in items:
        ledger = ledgers[item["id"]] = opened_ledger(item, undo.box)
        row = rows.get(item["contact_id"])
        undone = _undone_line(undo, ledger, row, used, drafts)
        undo.counts[undone["outcome"]] += 1
        ledger["undone"] = undone
        ledger.pop("past", None)
    return ledgers, drafts


def _undone_line(
    undo: _Undo,
    ledger: dict[str, Any],
    row: Row | None,
    used: dict[UUID, str],
    drafts: dict[UUID, ContactDraft],
) -> dict[str, Any]:
    """Decide about one line; a restored contact goes into `drafts`."""
    if row is None:
        return _said("nothing", "gone")
    contact_id = row["id"]
    past = ledger.get("past", {})
    if row["user_id"] == undo.scope.user_id and row["created_at"] == undo.imported_at:
        if contact_id not in undo.verdicts:
            undo.verdicts[contact_id] = _verdict(undo, row, past, used.get(contact_id))
        verdict = undo.verdicts[contact_id]
        return _said(verdict.outcome, verdict.code)
    current = drafts.get(contact_id) or service_rows.draft(row, undo.box)
    restored, stay = undo_rules.take_back(
        current,
        ledger["changes"],
        past,
        kept_digest=kept_digest(current),
        photo_is_ours=row["photo_at"] == undo.imported_at,
    )
    drafts[contact_id] = restored
    outcome = "partly_restored" if stay else "restored"
    return _said(outcome, "changed" if stay else None, stay)


def _verdict(undo: _Undo, row: Row, past: dict[str, Any], used: str | None) -> _Verdict:
    draft = service_rows.draft(row, undo.box)
    if past.get("state") != state_of(draft, archived=row["archived_at"] is not None):
        return _Verdict("kept", "changed")
    return _Verdict("kept", used) if used else _Verdict("deleted")


async def _write(undo: _Undo, rows: dict[UUID, Row], drafts: dict[UUID, ContactDraft]) -> None:
    scope = undo.scope
    if not drafts:
        return
    await queries_undo.take_off(scope, list(drafts), imported_at=undo.imported_at)
    for photo_id in await queries_photos.take_photos(
        scope, list(drafts), given_at=undo.imported_at
    ):
        await service_photos.forget(scope, photo_id)
    edits = await asyncio.to_thread(
        lambda: [
            rules.prepare(
                contact_id,
                replace(draft, tags=(), groups=()),
                home_zone=rows[contact_id]["home_zone"],
                version=rows[contact_id]["version"],
            )
            for contact_id, draft in drafts.items()
        ]
    )
    saved = await update_contacts(scope, edits, now=undo.now)
    if len(saved) < len(edits):
        raise Conflict("A contact was changed meanwhile; undo the import again.")


def _said(outcome: str, code: str | None = None, fields: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "code": code,
        "reason": undo_rules.REASONS[code] if code else None,
        "kept_fields": list(fields),
    }
