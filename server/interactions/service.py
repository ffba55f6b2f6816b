"""Log, plan, confirm and list interactions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from server import versions
from server.contacts import service as contacts
from server.db import Row, transaction
from server.errors import (
    BadInput,
    Conflict,
    FieldError,
    Forbidden,
    NotFound,
    PreconditionFailed,
)
from server.interactions import queries
from server.interactions.rules import Kind, State, default_state, is_too_early
from server.interactions.schemas import (
    ContactInteractionsQuery,
    InteractionIn,
    InteractionOut,
    InteractionPatch,
    InteractionsPage,
)
from server.keys import service as keys
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.paging import read_cursor
from server.lib.scope import Scope
from server.queue import ask_for_user

# Columns that are stored as they came.
_PLAIN = {"visibility", "kind", "occurred_at"}


async def create(scope: Scope, data: InteractionIn, *, now: datetime) -> InteractionOut:
    """Log or plan an interaction; without a state the past is confirmed, the future planned.

    Raises:
        BadInput: `not_yet`: happened or confirmed, but in the future.
        NotFound: a contact that the caller cannot see.
    """
    state = data.state or default_state(data.occurred_at, now=now)
    _refuse_too_early(state, data.occurred_at, now=now)
    async with transaction():
        interaction_id = await _insert(scope, data, state, suggestion_id=None, now=now)
        found = await get(scope, interaction_id)
    # After the commit: what was suggested because of a long silence may have lost its reason.
    await ask_for_user("suggest_to_user", scope)
    return found


async def record_confirmed(
    scope: Scope,
    contact_ids: Iterable[UUID],
    kind: Kind,
    occurred_at: datetime,
    suggestion_id: UUID | None,
    *,
    notes: str | None = None,
    now: datetime,
) -> UUID:
    """Add a confirmed interaction in the caller's transaction; return its id.

    Raises:
        BadInput: `not_yet`: `occurred_at` lies after `now`.
        NotFound: a contact that the caller cannot see.
    """
    _refuse_too_early(State.CONFIRMED, occurred_at, now=now)
    data = InteractionIn(
        contact_ids=list(contact_ids), kind=kind, occurred_at=occurred_at, notes=notes
    )
    async with transaction():
        return await _insert(scope, data, State.CONFIRMED, suggestion_id=suggestion_id, now=now)


async def get(scope: Scope, interaction_id: UUID) -> InteractionOut:
    """Return one interaction.

    Raises:
        NotFound: none that the caller may read.
    """
    row = await queries.get_interaction(scope, interaction_id)
    if row is None:
        raise NotFound
    return await _out(row)


async def replace(
    scope: Scope, interaction_id: UUID, data: InteractionIn, *, expected: int | None, now: datetime
) -> InteractionOut:
    """Replace one's own interaction; notes that are left out are cleared.

    `expected` is the version that the caller knows, None when they do not say.

    Raises:
        NotFound: none that the caller may read, or a contact that they cannot see.
        Forbidden: `author_only`: another member wrote it.
        PreconditionFailed: it has another version. BadInput: `not_yet`.
    """
    state = data.state or default_state(data.occurred_at, now=now)
    _refuse_too_early(state, data.occurred_at, now=now)
    async with transaction():
        await _lock(scope, interaction_id, expected)
        values = {**data.model_dump(include=_PLAIN), "state": state}
        values["notes"] = await _sealed(scope, interaction_id, data.notes)
        await queries.update_own(scope, interaction_id, values, now=now)
        await _set_contacts(scope, interaction_id, data.contact_ids)
        await versions.changed([scope], "household_contacts")
        return await get(scope, interaction_id)


async def change(
    scope: Scope,
    interaction_id: UUID,
    data: InteractionPatch,
    *,
    expected: int | None,
    now: datetime,
) -> InteractionOut:
    """Change some fields of one's own interaction.

    Raises:
        NotFound: none that the caller may read, or a contact that they cannot see.
        Forbidden: `author_only`: another member wrote it.
        PreconditionFailed: it has another version.
        BadInput: `not_yet`: afterwards it would have happened in the future.
    """
    changes = data.model_dump(include=data.model_fields_set & {*_PLAIN, "state"})
    async with transaction():
        row = await _lock(scope, interaction_id, expected)
        values: dict[str, Any] = {**row, **changes}
        _refuse_too_early(State(values["state"]), values["occurred_at"], now=now)
        if "notes" in data.model_fields_set:
            values["notes"] = await _sealed(scope, interaction_id, data.notes)
        await queries.update_own(scope, interaction_id, values, now=now)
        if "contact_ids" in data.model_fields_set:
            await _set_contacts(scope, interaction_id, data.contact_ids)
        await versions.changed([scope], "household_contacts")
        return await get(scope, interaction_id)


async def confirm(scope: Scope, interaction_id: UUID, *, now: datetime) -> InteractionOut:
    """Say that one's own interaction took place; a second time changes nothing.

    Raises:
        NotFound: none that the caller may read.
        Forbidden: `author_only`: another member wrote it.
        Conflict: `not_yet`: it lies in the future.
    """
    async with transaction():
        row = await _lock(scope, interaction_id, None)
        if is_too_early(State.CONFIRMED, row["occurred_at"], now=now):
            raise Conflict("It lies in the future: confirm it once it is over.", code="not_yet")
        if row["state"] != State.CONFIRMED:
            values = {**row, "state": State.CONFIRMED}
            await queries.update_own(scope, interaction_id, values, now=now)
            await versions.changed([scope], "household_contacts")
        return await get(scope, interaction_id)


async def delete(scope: Scope, interaction_id: UUID, *, expected: int | None) -> None:
    """Remove one's own interaction.

    Raises:
        NotFound: none that the caller may read. PreconditionFailed: it has another version.
        Forbidden: `author_only`: another member wrote it.
    """
    async with transaction():
        await _lock(scope, interaction_id, expected)
        await queries.delete_own(scope, interaction_id)
        await versions.changed([scope], "household_contacts")


async def list_page(
    scope: Scope, query: ContactInteractionsQuery, *, contact_id: UUID | None
) -> InteractionsPage:
    """Return interactions that the caller may read, newest first; with `contact_id` its own only.

    Raises:
        NotFound: the caller cannot see the contact. BadInput: the cursor is not one of ours.
    """
    if contact_id is not None:
        await contacts.require_visible(scope, [contact_id])
    rows = await queries.list_interactions(
        scope,
        contact_id=contact_id,
        state=query.state,
        earliest=query.from_,
        before=query.to,
        after=read_cursor(query.cursor, (datetime, UUID)),
        limit=query.limit + 1,
    )
    page, more = rows[: query.limit], len(rows) > query.limit
    last = page[-1] if more else None
    return InteractionsPage(
        items=[await _out(row) for row in page],
        next_cursor=cursors.encode((last["occurred_at"], last["id"])) if last else None,
    )


async def _insert(
    scope: Scope, data: InteractionIn, state: State, *, suggestion_id: UUID | None, now: datetime
) -> UUID:
    interaction_id = uuid7()
    values = {**data.model_dump(include=_PLAIN), "state": state, "suggestion_id": suggestion_id}
    values["notes"] = await _sealed(scope, interaction_id, data.notes)
    await queries.insert_interaction(scope, interaction_id, values, now=now)
    await _set_contacts(scope, interaction_id, data.contact_ids)
    await versions.changed([scope], "household_contacts")
    return interaction_id


async def _set_contacts(scope: Scope, interaction_id: UUID, contact_ids: list[UUID]) -> None:
    ids = [uuid7() for _ in contact_ids]
    if await queries.add_contacts(scope, interaction_id, ids, contact_ids) != len(contact_ids):
        raise NotFound
    # Only now: the database removes an interaction that is left without anyone.
    await queries.keep_contacts(scope, interaction_id, contact_ids)


async def _lock(scope: Scope, interaction_id: UUID, expected: int | None) -> Row:
    row = await queries.lock_own(scope, interaction_id)
    if row is None:
        if await queries.get_interaction(scope, interaction_id) is None:
            raise NotFound
        raise Forbidden("Only the member who wrote this interaction may.", code="author_only")
    if expected is not None and row["version"] != expected:
        raise PreconditionFailed("The interaction was changed meanwhile: read it again.")
    return row


async def _sealed(scope: Scope, interaction_id: UUID, notes: str | None) -> bytes | None:
    box = await keys.box(scope.household_id)
    return box.seal_if("interactions", "notes", interaction_id, notes)


async def _out(row: Row) -> InteractionOut:
    box = await keys.box(row["household_id"])
    notes = box.open_if("interactions", "notes", row["id"], row["notes"])
    values = {name: row[name] for name in InteractionOut.model_fields if name != "notes"}
    return InteractionOut.model_validate({**values, "notes": notes})


def _refuse_too_early(state: State, occurred_at: datetime, *, now: datetime) -> None:
    if is_too_early(state, occurred_at, now=now):
        message = f"lies in the future, so it cannot be {state} yet: plan it"
        raise BadInput(
            f"The interaction {message}.",
            code="not_yet",
            fields=[FieldError("occurred_at", "not_yet", message)],
        )
