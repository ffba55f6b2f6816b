"""Contacts: make, read, change, archive, delete."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from server import versions
from server.audit import service as audit
from server.contacts import (
    queries,
    queries_write,
    rules,
    service_circles,
    service_edits,
    service_find,
    service_page,
    service_photos,
    service_replies,
    service_rows,
)
from server.contacts.drafts import ContactDraft, PreparedContact
from server.contacts.schemas import ContactIn, ContactListQuery, ContactPatch
from server.contacts.schemas_out import ContactOut, ContactPage
from server.contacts.service_replies import Reply
from server.db import Row, one_connection, transaction
from server.errors import Forbidden, NotFound, PreconditionFailed
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.replies import Encoded
from server.lib.scope import Scope
from server.queue import ask_for_user
from server.users import service as users

Change = Callable[[ContactDraft], ContactDraft]


async def create_contact(
    scope: Scope, data: ContactIn, *, now: datetime, home_zone: str | None = None
) -> Encoded[ContactOut]:
    """Make a contact of the caller's, with the caller's settings.

    `home_zone` is the caller's, which a phone's country may depend on; None: look it up.
    """
    draft = service_edits.replaced(ContactDraft(name=data.name), data)
    if home_zone is None:
        home_zone = (await users.me(scope)).zone
    prepared = rules.prepare(uuid7(), draft, home_zone=home_zone)
    box = await keys.box(scope.household_id)
    rows = service_rows.table_rows([prepared], box)
    # Nothing but this statement, so it is its own transaction; and what it wrote is the reply.
    await queries_write.insert_contacts(scope, *rows, now=now)
    await versions.changed([scope], "household_contacts")
    stored = service_rows.new_row(rows, scope, home_zone=home_zone, now=now)
    made = service_replies.written_details(stored, draft)
    return await _warned(scope, made, was_in=None)


async def get_contact(scope: Scope, contact_id: UUID) -> Encoded[ContactOut]:
    """Return a contact with everything.

    Raises:
        NotFound: the caller sees no such contact.
    """
    return service_replies.encoded(await _details(scope, contact_id))


async def list_contacts(
    scope: Scope, query: ContactListQuery, *, now: datetime
) -> Encoded[ContactPage]:
    """Return a page of contacts by name; of a search, first those who have the words as typed.

    Raises:
        NotFound: the caller has no such group or tag.
        BadInput: the cursor belongs to a search, and this is none.
    """
    page, next_cursor = await service_find.find(scope, query, now=now)
    return Encoded(ContactPage, service_page.encode(page, next_cursor))


async def replace_contact(
    scope: Scope, contact_id: UUID, data: ContactIn, *, expected: int | None, now: datetime
) -> Encoded[ContactOut]:
    """Write a contact anew; what a request cannot say (source, import's own facts) stays.

    Raises:
        NotFound, PreconditionFailed, Forbidden: as `patch_contact`.
    """
    return await _edit(
        scope,
        contact_id,
        lambda draft: service_edits.replaced(draft, data),
        expected=expected,
        now=now,
    )


async def patch_contact(
    scope: Scope, contact_id: UUID, data: ContactPatch, *, expected: int | None, now: datetime
) -> Encoded[ContactOut]:
    """Change the fields that are given; any member may edit a contact that they see.

    Raises:
        NotFound: the caller sees no such contact.
        PreconditionFailed: it has another version than `expected`.
        Forbidden: `author_only`: another member wants to change `visibility`.
    """
    return await _edit(
        scope,
        contact_id,
        lambda draft: service_edits.patched(draft, data),
        expected=expected,
        now=now,
    )


async def archive_contact(scope: Scope, contact_id: UUID, *, now: datetime) -> Encoded[ContactOut]:
    """Put a contact away for the caller; safe to repeat, the first time counts.

    Raises:
        NotFound: the caller sees no such contact.
    """
    return service_replies.encoded(await _set_archived(scope, contact_id, now, now=now))


async def restore_contact(scope: Scope, contact_id: UUID, *, now: datetime) -> Encoded[ContactOut]:
    """Take a contact back from the caller's archive; safe to repeat.

    Raises:
        NotFound: the caller sees no such contact.
    """
    restored = await _set_archived(scope, contact_id, None, now=now)
    return await _warned(scope, restored, was_in=None)


async def delete_contact(
    scope: Scope, contact_id: UUID, *, expected: int | None, now: datetime
) -> None:
    """Delete a contact and all that belongs to it; the trail counts, and keeps its id.

    Raises:
        NotFound: the caller sees no such contact.
        Forbidden: `author_only`: it is shared by another member.
        PreconditionFailed: it has another version than `expected`.
    """
    async with transaction():
        deleted = await queries_write.delete_contact(scope, contact_id, version=expected)
        if deleted is None:
            row = await _get(scope, contact_id)
            _only_author(scope, row)
            raise PreconditionFailed("The contact was changed meanwhile; read it again.")
        await versions.changed([scope], "household_contacts")
        await service_photos.forget(scope, deleted["photo_id"])
        await audit.record(
            scope.household_id,
            "contact.deleted",
            actor_id=scope.user_id,
            subject_kind="contact",
            subject_id=contact_id,
            now=now,
        )


async def never_suggest(scope: Scope, contact_ids: Sequence[UUID]) -> None:
    """Make `never_suggest` stick for the user; joins the caller's transaction."""
    await queries_write.never_suggest(scope, contact_ids, [uuid7() for _ in contact_ids])
    await versions.changed([scope], "contacts")


async def require_visible(scope: Scope, contact_ids: Sequence[UUID]) -> None:
    """Refuse ids that the caller does not see; in a transaction the others cannot go away.

    Raises:
        NotFound: at least one of them.
    """
    distinct = list(set(contact_ids))
    if await queries.count_visible(scope, distinct) != len(distinct):
        raise NotFound


async def _edit(
    scope: Scope, contact_id: UUID, change: Change, *, expected: int | None, now: datetime
) -> Encoded[ContactOut]:
    """Read, change, write if nobody else wrote in between: two statements when nobody did.

    An edit that another one overtook is made again while it holds the contact, so that all of
    those who write it at once have their turn.
    """
    edited = await _edit_once(scope, contact_id, change, expected=expected, now=now)
    if edited is None:
        async with transaction():
            await queries_write.lock_contact(scope, contact_id)
            edited = await _edit_once(scope, contact_id, change, expected=expected, now=now)
    if edited is None:
        raise NotFound  # it went, or was hidden from the caller, in that very moment
    written, was_in = edited
    return await _warned(scope, written, was_in=was_in)


async def _warned(scope: Scope, written: Reply, *, was_in: str | None) -> Encoded[ContactOut]:
    warnings = await service_circles.warnings(scope, written, was_in=was_in)
    return service_replies.encoded(written, warnings)


async def _edit_once(
    scope: Scope, contact_id: UUID, change: Change, *, expected: int | None, now: datetime
) -> tuple[Reply, str | None] | None:
    """Edit what is read now; return it as written, and the circle that it was in before.

    None when another edit came first. What was read and what was written make the reply.
    """
    async with one_connection():
        row = await _get(scope, contact_id)
        if expected is not None and row["version"] != expected:
            raise PreconditionFailed("The contact was changed meanwhile; read it again.")
        box = await keys.box(scope.household_id)
        stored = service_rows.draft(row, box)
        draft = change(stored)
        if draft.visibility != stored.visibility:
            _only_author(scope, row)
        known = service_rows.known(row)
        prepared = rules.prepare_edit(
            contact_id, stored, draft, known, home_zone=row["home_zone"], version=row["version"]
        )
        if rules.leaves_parts(stored, prepared, known):
            written = await _write_alone(scope, row, prepared, box, now=now)
        else:
            written = await _write_whole(scope, row, prepared, box, now=now)
    if written is None:
        return None
    await versions.changed([scope], "household_contacts")
    return service_replies.written_details(written, draft), stored.settings.circle


async def _write_alone(
    scope: Scope, row: Row, prepared: PreparedContact, box: keys.Box, *, now: datetime
) -> Row | None:
    """Write an edit of `row` that leaves its parts alone; return the row as it is now, or None."""
    contact = service_rows.contact_row(prepared, box)
    if not await queries_write.update_contact_alone(scope, contact, now=now):
        return None
    return service_rows.renewed_row(row, contact, now=now)


async def _write_whole(
    scope: Scope, row: Row, prepared: PreparedContact, box: keys.Box, *, now: datetime
) -> Row | None:
    """Write an edit of `row` with all its parts; return the row as it is now, or None."""
    rows = service_rows.table_rows([prepared], box)
    if not await queries_write.update_contacts(scope, *rows, now=now):
        return None
    return service_rows.edited_row(row, rows, now=now)


async def _set_archived(
    scope: Scope, contact_id: UUID, archived_at: datetime | None, *, now: datetime
) -> Reply:
    if not await queries_write.set_archived(
        scope, contact_id, uuid7(), archived_at=archived_at, now=now
    ):
        raise NotFound
    await versions.changed([scope], "household_contacts")
    await ask_for_user("suggest_to_user", scope)
    return await _details(scope, contact_id)


async def _details(scope: Scope, contact_id: UUID) -> Reply:
    row = await _get(scope, contact_id)
    return service_replies.details(row, await keys.box(scope.household_id))


async def _get(scope: Scope, contact_id: UUID) -> Row:
    row = await queries.get_contact(scope, contact_id)
    if row is None:
        raise NotFound
    return row


def _only_author(scope: Scope, row: Row) -> None:
    if row["user_id"] != scope.user_id:
        raise Forbidden("Only the member who shared this contact may do that.", code="author_only")
