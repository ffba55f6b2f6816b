"""Tags: one to three words on contacts; a new name like an old one means the old one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from server import versions
from server.contacts import service as contacts
from server.contacts.drafts import PreparedContact
from server.db import Row, transaction
from server.errors import CatchUpError, Conflict, NotFound, PreconditionFailed
from server.groups import queries_tags as queries
from server.groups.rules import match_tags
from server.groups.schemas import ContactTagOut, ContactTagPage, TagOut, TagPage
from server.lib.ids import uuid7
from server.lib.paging import PageQuery, cut_page
from server.lib.scope import Scope
from server.lib.tag_names import tag_key

TURN_LIMIT_S = 2.0
"""How long who wants new tags waits for another one: an import takes longer."""
TAG_SOURCES = ("manual", "voice_note", "reply", "import")


async def create_tag(scope: Scope, name: str, *, now: datetime) -> tuple[TagOut, bool]:
    """Return the caller's tag of that name, and whether it was made now.

    A tag that says nearly the same is reused.

    Raises:
        Conflict: `import_running` (take_turns).
    """
    async with transaction():
        [tag_id], made = await _find_or_make(scope, [name], now)
        tag = await get_tag(scope, tag_id)
    return tag, tag_id in made


async def get_tag(scope: Scope, tag_id: UUID) -> TagOut:
    """Return a tag.

    Raises:
        NotFound: the caller has no such tag.
    """
    row = await queries.get_tag(scope, tag_id)
    if row is None:
        raise NotFound
    return _tag_out(row)


async def list_tags(scope: Scope, query: PageQuery) -> TagPage:
    """Return a page of the caller's tags by name."""
    rows = await queries.list_tags(scope, after=query.after, limit=query.limit + 1)
    page, next_cursor = cut_page(rows, query.limit)
    return TagPage(items=[_tag_out(row) for row in page], next_cursor=next_cursor)


async def rename_tag(scope: Scope, tag_id: UUID, name: str, *, expected: int | None) -> TagOut:
    """Give a tag another name.

    Raises:
        NotFound: the caller has no such tag.
        PreconditionFailed: it has another version than `expected`.
        Conflict: `tag_name_taken`: another tag says the same, or nearly; `import_running`.
    """
    async with transaction():
        await take_turns(scope)
        await _rename(scope, tag_id, name, expected)
        return await get_tag(scope, tag_id)


async def _rename(scope: Scope, tag_id: UUID, name: str, expected: int | None) -> None:
    others = await queries.list_tag_keys(scope)
    own_key = next((known for known, known_id in others.items() if known_id == tag_id), None)
    if own_key is None:
        raise NotFound
    del others[own_key]
    if match_tags([name], others)[name] in others:
        raise _taken()
    if not await queries.rename_tag(scope, tag_id, name, tag_key(name), version=expected):
        raise await _why_not(scope, tag_id)
    await versions.changed([scope], "contacts")


async def delete_tag(scope: Scope, tag_id: UUID, *, expected: int | None) -> None:
    """Delete a tag and take it off every contact.

    Raises:
        NotFound: the caller has no such tag.
        PreconditionFailed: it has another version than `expected`.
    """
    if not await queries.delete_tag(scope, tag_id, version=expected):
        raise await _why_not(scope, tag_id)
    await versions.changed([scope], "contacts")


async def tag_contact(scope: Scope, contact_id: UUID, name: str, *, now: datetime) -> ContactTagOut:
    """Put a tag on a contact; made if need be, safe to repeat.

    Raises:
        NotFound: the caller sees no such contact.
        Conflict: `import_running` (take_turns).
    """
    async with transaction():
        await contacts.require_visible(scope, [contact_id])
        [tag_id] = await _tag(scope, [(contact_id, name)], source="manual", now=now)
        return await _get_contact_tag(scope, contact_id, tag_id)


async def list_contact_tags(scope: Scope, contact_id: UUID, query: PageQuery) -> ContactTagPage:
    """Return a page of the caller's tags on a contact, by name.

    Raises:
        NotFound: the caller sees no such contact.
    """
    await contacts.require_visible(scope, [contact_id])
    rows = await queries.list_contact_tags(
        scope, contact_id, after=query.after, limit=query.limit + 1
    )
    page, next_cursor = cut_page(rows, query.limit)
    return ContactTagPage(items=[_contact_tag(row) for row in page], next_cursor=next_cursor)


async def untag_contact(scope: Scope, contact_id: UUID, tag_id: UUID) -> None:
    """Take a tag off a contact.

    Raises:
        NotFound: the caller sees no such contact, or it has no such tag.
    """
    await contacts.require_visible(scope, [contact_id])
    if not await queries.untag_contact(scope, contact_id, tag_id):
        raise NotFound
    await versions.changed([scope], "contacts")


async def tag_new_contacts(scope: Scope, new: Sequence[PreparedContact], now: datetime) -> None:
    """Put the tags of new contacts on them; a step of contacts.service_bulk.

    No statement when there are none; for each source two, and three more where a tag is new.
    """
    by_source: dict[str, list[tuple[UUID, str]]] = {}
    for contact in new:
        source = contact.draft.source
        by_source.setdefault(source if source in TAG_SOURCES else "import", []).extend(
            (contact.id, name) for name in contact.draft.tags
        )
    for source, wanted in by_source.items():
        if wanted:
            await _tag(scope, wanted, source=source, now=now)


async def _get_contact_tag(scope: Scope, contact_id: UUID, tag_id: UUID) -> ContactTagOut:
    row = await queries.get_contact_tag(scope, contact_id, tag_id)
    if row is None:
        raise NotFound
    return _contact_tag(row)


async def _tag(
    scope: Scope, wanted: Sequence[tuple[UUID, str]], *, source: str, now: datetime
) -> list[UUID]:
    """Put tags on contacts, (contact, name) each; return the tags' ids in that order."""
    names = [name for _, name in wanted]
    tag_ids, _ = await _find_or_make(scope, names, now)
    # In one order for all: two calls for the same contacts never wait for each other in a ring.
    pairs = sorted(
        {(tag_id, contact_id) for tag_id, (contact_id, _) in zip(tag_ids, wanted, strict=True)}
    )
    await queries.tag_contacts(
        scope,
        [uuid7() for _ in pairs],
        [tag_id for tag_id, _ in pairs],
        [contact_id for _, contact_id in pairs],
        source=source,
        now=now,
    )
    await versions.changed([scope], "contacts")
    return tag_ids


async def _find_or_make(
    scope: Scope, names: Sequence[str], now: datetime
) -> tuple[list[UUID], set[UUID]]:
    """Return the tag of each name, in that order, and those made now; needs a transaction.

    Two who want nearly the same new tag take turns, or each would make one.
    """
    known = await queries.list_tag_keys(scope)
    matches = match_tags(names, known)
    if not set(matches.values()) <= known.keys():
        await take_turns(scope)
        known = await queries.list_tag_keys(scope)
        matches = match_tags(names, known)
    new: dict[str, str] = {}
    for name, key in matches.items():
        if key not in known:
            new.setdefault(key, name)
    made: dict[str, UUID] = {}
    if new:
        ids = [uuid7() for _ in new]
        made = await queries.insert_tags(scope, ids, list(new.values()), list(new), now=now)
    return [(known | made)[matches[name]] for name in names], set(made.values())


async def take_turns(scope: Scope) -> None:
    """Let one at a time decide which tags the caller gets; needs a transaction.

    Raises:
        Conflict: `import_running`: an import, which makes its tags until it is done, goes on.
    """
    try:
        await queries.lock_tags(scope, limit_s=TURN_LIMIT_S)
    except asyncpg.LockNotAvailableError:
        raise Conflict(
            "An import of yours is making tags; try again when it is done.", code="import_running"
        ) from None


async def _why_not(scope: Scope, tag_id: UUID) -> CatchUpError:
    if await queries.get_tag(scope, tag_id) is None:
        return NotFound()
    return PreconditionFailed("The tag was changed meanwhile; read it again.")


def _taken() -> Conflict:
    return Conflict("Another of your tags says the same, or nearly.", code="tag_name_taken")


def _tag_out(row: Row) -> TagOut:
    return TagOut(**{field: row[field] for field in TagOut.model_fields})


def _contact_tag(row: Row) -> ContactTagOut:
    return ContactTagOut(**{field: row[field] for field in ContactTagOut.model_fields})
