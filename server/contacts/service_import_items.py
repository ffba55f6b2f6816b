"""Lines of an import's ledger: what became of each card, encrypted at rest."""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from server.contacts.schemas_imports import ImportItem
from server.contacts.vcard.card import BadCard, Card
from server.keys.service import Box
from server.lib.ids import uuid7

Read = Card | BadCard


def make_item(
    read: Read,
    outcome: str,
    *,
    code: str | None = None,
    reason: str | None = None,
    contact_id: UUID | None = None,
) -> ImportItem:
    """Return the line of a card; `code` and `reason` say why it was skipped or failed."""
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


def sealed(item: ImportItem, box: Box) -> dict[str, Any]:
    """Return a line as the row to store."""
    row = item.model_dump(include={"position", "line", "outcome", "code", "contact_id"})
    row["id"] = uuid7()
    personal = item.model_dump(mode="json", include={"name", "reason", "warnings"})
    text = json.dumps(personal, ensure_ascii=False)
    return row | {"ledger": box.seal("import_items", "ledger", row["id"], text)}


def opened(row: Any, box: Box) -> ImportItem:
    """Return a stored row as the line that it was."""
    personal = json.loads(box.open("import_items", "ledger", row["id"], row["ledger"]))
    plain = {name: row[name] for name in ("position", "line", "outcome", "code", "contact_id")}
    return ImportItem.model_validate(plain | personal)
