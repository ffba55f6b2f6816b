"""Lines of an import's ledger: what became of each entry, encrypted at rest."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from server.contacts.import_diff import Change
from server.contacts.import_entries import Read, Refused
from server.contacts.schemas_imports import ImportItem
from server.keys.service import Box
from server.lib.ids import uuid7

_PLAIN = ("position", "line", "outcome", "code", "contact_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry of a file and its outcome.

    `past` is what an undo needs to know beyond the changes (service_undo.py); no reply shows it.
    """

    read: Read
    outcome: str
    contact_id: UUID | None = None
    changes: Sequence[Change] = ()
    past: dict[str, Any] = field(default_factory=dict)


def refusal(read: Refused) -> Line:
    """Return the line of an entry that gives no contact."""
    return Line(read=read, outcome=read.outcome)


def shown(line: Line) -> ImportItem:
    """Return a line as replies show it."""
    return ImportItem.model_validate(_plain(line) | _personal(line))


def sealed(line: Line, box: Box) -> dict[str, Any]:
    """Return a line as the row to store."""
    row = _plain(line)
    row["id"] = uuid7()
    personal = _personal(line)
    if line.past:
        personal["past"] = line.past
    return row | {"ledger": seal_ledger(row["id"], personal, box)}


def seal_ledger(item_id: UUID, personal: dict[str, Any], box: Box) -> bytes:
    """Encrypt what a line says about a person."""
    text = json.dumps(personal, ensure_ascii=False)
    return box.seal("import_items", "ledger", item_id, text)


def opened_ledger(row: Any, box: Box) -> dict[str, Any]:
    """Decrypt what a stored line says about a person."""
    personal: dict[str, Any] = json.loads(
        box.open("import_items", "ledger", row["id"], row["ledger"])
    )
    return personal


def opened(row: Any, box: Box) -> ImportItem:
    """Return a stored row as the line that it was."""
    personal = opened_ledger(row, box)
    personal.pop("past", None)
    return ImportItem.model_validate({name: row[name] for name in _PLAIN} | personal)


def _plain(line: Line) -> dict[str, Any]:
    read = line.read
    return {
        "position": read.position,
        "line": read.line,
        "outcome": line.outcome,
        "code": read.code if isinstance(read, Refused) else None,
        "contact_id": line.contact_id,
    }


def _personal(line: Line) -> dict[str, Any]:
    read = line.read
    refused = isinstance(read, Refused)
    return {
        "name": read.name if isinstance(read, Refused) else read.draft.name,
        "reason": read.reason if isinstance(read, Refused) else None,
        "warnings": [asdict(warning) for warning in read.warnings],
        "changes": [] if refused else list(line.changes),
    }
