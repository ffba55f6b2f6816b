"""Record who did what, read it, and erase what is personal in it.

One chain per household and one for the server. Who records to both in one transaction does so
to the household's first.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from server.audit import chain, queries
from server.audit.schemas import (
    AuditEntryOut,
    AuditPage,
    AuditQuery,
    SecurityEventOut,
    SecurityEventsPage,
    SecurityEventsQuery,
)
from server.audit.verify import START, hashed_fields
from server.db import Row, transaction
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.paging import Age, read_cursor

SERVER_CHAIN = UUID(int=0)
_LONGEST_ADDRESS = 45

_at_the_box: ContextVar[dict[str, Any] | None] = ContextVar("at_the_box", default=None)


@contextmanager
def at_the_box(by: dict[str, Any]) -> Iterator[None]:
    """Let every entry of the block say who sits at the server's own command line.

    A command may act for a member; the trail then names both.
    """
    before = _at_the_box.set(by)
    try:
        yield
    finally:
        _at_the_box.reset(before)


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
    """Append one entry in the caller's transaction; `details` holds ids, counts and codes only.

    Two statements. Entries of one chain are written one after the other: the lock is held until
    the commit, so record last. Of `address` the hash covers a salted commitment: the address is
    erased with its person (the actor, else the user that it was done to), and the chain stays
    whole.
    """
    async with transaction():
        head = await queries.lock_head(chain_id)
        previous = head["hash"] if head else START.hash
        salt = secrets.token_bytes(chain.SALT_BYTES) if address else None
        address = address[:_LONGEST_ADDRESS] if address else None
        entry: dict[str, Any] = {
            "id": uuid7(),
            "chain_id": chain_id,
            "sequence": (head["sequence"] if head else START.sequence) + 1,
            "actor_id": actor_id,
            "action": action,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "at": now,
            "details": {**(_at_the_box.get() or {}), **(details or {})},
            "commitment": chain.commitment(salt, address) if salt and address else None,
            "previous_hash": previous,
        }
        entry["hash"] = chain.entry_hash(previous, hashed_fields(entry))
        person_id = actor_id or (subject_id if subject_kind == "user" else None)
        await queries.insert_entry(entry, address=address, salt=salt, person_id=person_id)


async def list_entries(query: AuditQuery) -> AuditPage:
    """Return entries of the whole server, by age; for admins.

    Raises:
        BadInput: the cursor is not one of this list.
    """
    chain_id = None if query.chain is None else chain_of(query.chain)
    rows, cursor = await _page(
        query,
        sort=query.sort,
        chain_id=chain_id,
        actor_id=_id(query.actor),
        subject_id=_id(query.subject),
        person_id=None,
    )
    items = [
        AuditEntryOut(
            **_event(row),
            chain=name_of_chain(row["chain_id"]),
            sequence=row["sequence"],
            hash=row["hash"].hex(),
        )
        for row in rows
    ]
    return AuditPage(items=items, next_cursor=cursor)


async def list_events(
    chain_id: UUID, person_id: UUID, query: SecurityEventsQuery
) -> SecurityEventsPage:
    """Return what somebody did and what was done to them, newest first; raises likewise."""
    rows, cursor = await _page(
        query, chain_id=chain_id, actor_id=None, subject_id=None, person_id=person_id
    )
    return SecurityEventsPage(
        items=[SecurityEventOut(**_event(row)) for row in rows], next_cursor=cursor
    )


def name_of_chain(chain_id: UUID) -> str:
    """Return what people call a chain: `server`, or the household's id."""
    return "server" if chain_id == SERVER_CHAIN else str(chain_id)


def chain_of(name: str) -> UUID:
    """Return the chain that `name_of_chain` named.

    Raises:
        ValueError: no chain is named like this.
    """
    return SERVER_CHAIN if name == "server" else UUID(name)


async def erase_person(person_id: UUID) -> int:
    """Erase what the trail holds of a person but their id; return the number of entries.

    The chains stay whole: their entries keep the commitments, and no salt is left to try them.
    Call it in the transaction that deletes the person.
    """
    return await queries.erase_person(person_id)


async def _page(
    query: SecurityEventsQuery,
    *,
    sort: Age = "newest",
    chain_id: UUID | None,
    person_id: UUID | None,
    actor_id: UUID | None,
    subject_id: UUID | None,
) -> tuple[list[Row], str | None]:
    rows = await queries.list_entries(
        chain_id=chain_id,
        person_id=person_id,
        action=query.action,
        actor_id=actor_id,
        subject_id=subject_id,
        since=query.from_,
        until=query.to,
        sort=sort,
        after=read_cursor(query.cursor, (datetime, UUID)),
        limit=query.limit + 1,
    )
    page = rows[: query.limit]
    last = page[-1] if len(rows) > query.limit else None
    return page, cursors.encode((last["at"], last["id"])) if last else None


def _event(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in SecurityEventOut.model_fields}


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text is not None else None
