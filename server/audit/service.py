"""Record who did what; one chain per household and one for the server."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.audit import chain, queries
from server.db import transaction
from server.lib.ids import uuid7

SERVER_CHAIN = UUID(int=0)
PAGE = 1000

_HASHED = (
    "chain_id",
    "sequence",
    "actor_id",
    "action",
    "subject_kind",
    "subject_id",
    "at",
    "details",
)


async def record(
    chain_id: UUID,
    action: str,
    *,
    actor_id: UUID | None,
    now: datetime,
    subject_kind: str | None = None,
    subject_id: UUID | None = None,
    address: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Append one entry in the caller's transaction; `details` holds counts and codes only.

    Entries of one chain are written one after the other: the lock is held until the commit.
    `address` stays outside the hash, so that erasing it leaves the chain whole.
    """
    async with transaction():
        head = await queries.lock_head(chain_id)
        previous = head["hash"] if head else chain.GENESIS
        entry: dict[str, Any] = {
            "id": uuid7(),
            "chain_id": chain_id,
            "sequence": (head["sequence"] if head else 0) + 1,
            "actor_id": actor_id,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "at": now,
            "address": address,
            "details": details or {},
            "previous_hash": previous,
        }
        entry["hash"] = chain.entry_hash(previous, {name: entry[name] for name in _HASHED})
        await queries.insert_entry(entry)


async def first_bad_entry(chain_id: UUID) -> int | None:
    """Walk a chain; return the sequence of the first entry that is wrong or missing, or None."""
    after, previous = 0, chain.GENESIS
    while entries := await queries.list_entries(chain_id, after=after, limit=PAGE):
        for entry in entries:
            fields = {name: entry[name] for name in _HASHED}
            if entry["sequence"] != after + 1 or entry["previous_hash"] != previous:
                return after + 1
            if not chain.is_entry_hash(entry["hash"], previous, fields):
                return after + 1
            after, previous = entry["sequence"], entry["hash"]
    return None
