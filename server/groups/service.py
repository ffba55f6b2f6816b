"""Groups: make, change, fill."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from server import versions
from server.audit import service as audit
from server.contacts import service as contacts
from server.contacts.schemas import ContactListQuery
from server.contacts.schemas_out import ContactPage
from server.db import Row, transaction
from server.errors import CatchUpError, Conflict, NotFound, PreconditionFailed
from server.groups import queries
from server.groups.schemas import GroupIn, GroupListQuery, GroupOut, GroupPage, GroupPatch
from server.lib.cadence import spoken_word, stored_word
from server.lib.ids import uuid7
from server.lib.paging import PageQuery, cut_page
from server.lib.replies import Encoded
from server.lib.scope import Scope

# DESIGN.md, 3
DEFAULT_GROUPS = (
    "Close Friends",
    "Friends",
    "Remote Friends",
    "College Friends",
    "High School Friends",
)


async def make_default_groups(scope: Scope, now: datetime) -> None:
    """Give a new user their first groups; a step of users.service.new_user_steps."""
    ids = [uuid7() for _ in DEFAULT_GROUPS]
    await queries.insert_default_groups(scope, ids, DEFAULT_GROUPS, now=now)


async def create_group(scope: Scope, data: GroupIn, *, now: datetime) -> GroupOut:
    """Make a group of the caller's.

    Raises:
        Conflict: `group_name_taken`: the caller has one of that name, in whatever case.
    """
    group_id = uuid7()
    if not await queries.insert_group(
        scope,
        group_id,
        data.name,
        stored_word(data.cadence, data.cadence_days),
        data.cadence_days,
        now if data.archived else None,
        now=now,
    ):
        raise _taken()
    return await get_group(scope, group_id)


async def get_group(scope: Scope, group_id: UUID) -> GroupOut:
    """Return a group.

    Raises:
        NotFound: the caller has no such group.
    """
    row = await queries.get_group(scope, group_id)
    if row is None:
        raise NotFound
    return _group(row)


async def list_groups(scope: Scope, query: GroupListQuery) -> GroupPage:
    """Return a page of the caller's groups by name."""
    rows = await queries.list_groups(
        scope, archived=query.archived, after=query.after, limit=query.limit + 1
    )
    page, next_cursor = cut_page(rows, query.limit)
    return GroupPage(items=[_group(row) for row in page], next_cursor=next_cursor)


async def replace_group(
    scope: Scope, group_id: UUID, data: GroupIn, *, expected: int | None, now: datetime
) -> GroupOut:
    """Write a group anew; its members stay.

    Raises:
        NotFound, PreconditionFailed, Conflict: as `patch_group`.
    """
    return await _update(scope, group_id, data, set(GroupIn.model_fields), expected, now)


async def patch_group(
    scope: Scope, group_id: UUID, data: GroupPatch, *, expected: int | None, now: datetime
) -> GroupOut:
    """Change the fields that are given.

    Raises:
        NotFound: the caller has no such group.
        PreconditionFailed: it has another version than `expected`.
        Conflict: `group_name_taken`.
    """
    return await _update(scope, group_id, data, data.model_fields_set, expected, now)


async def delete_group(scope: Scope, group_id: UUID, *, expected: int | None) -> None:
    """Delete a group; its members stay contacts.

    Raises:
        NotFound: the caller has no such group.
        PreconditionFailed: it has another version than `expected`.
    """
    if not await queries.delete_group(scope, group_id, version=expected):
        raise await _why_not(scope, group_id)
    await versions.changed([scope], "contacts")


async def list_members(
    scope: Scope, group_id: UUID, query: PageQuery, *, now: datetime
) -> Encoded[ContactPage]:
    """Return a page of a group's members by name, archived contacts too.

    Raises:
        NotFound: the caller has no such group.
    """
    await get_group(scope, group_id)
    return await contacts.list_contacts(
        scope,
        ContactListQuery(group=group_id, archived="all", limit=query.limit, cursor=query.cursor),
        now=now,
    )


async def add_members(
    scope: Scope, group_id: UUID, contact_ids: Sequence[UUID], *, now: datetime
) -> int:
    """Put contacts into a group; return how many were not in it. All or none.

    Raises:
        NotFound: the caller has no such group, or does not see one of the contacts.
    """
    # In one order for all: two calls with the same contacts never wait for each other in a ring.
    distinct = sorted(set(contact_ids))
    async with transaction():
        await _hold(scope, group_id, distinct)
        ids = [uuid7() for _ in distinct]
        changed = await queries.add_members(scope, group_id, ids, distinct, now=now)
        await _record(scope, "group.members_added", group_id, changed, now)
        await versions.changed([scope], "contacts")
    return changed


async def remove_members(
    scope: Scope, group_id: UUID, contact_ids: Sequence[UUID], *, now: datetime
) -> int:
    """Take contacts out of a group; return how many were in it. All or none.

    Raises:
        NotFound: the caller has no such group, or does not see one of the contacts.
    """
    async with transaction():
        await _hold(scope, group_id, contact_ids)
        changed = await queries.remove_members(scope, group_id, contact_ids)
        await _record(scope, "group.members_removed", group_id, changed, now)
        await versions.changed([scope], "contacts")
    return changed


async def _update(
    scope: Scope,
    group_id: UUID,
    data: GroupIn | GroupPatch,
    given: set[str],
    expected: int | None,
    now: datetime,
) -> GroupOut:
    cadence = None
    if given & {"cadence", "cadence_days"}:
        # One wish in two fields: saying one takes the other back.
        cadence = (stored_word(data.cadence, data.cadence_days), data.cadence_days)
    try:
        found = await queries.update_group(
            scope,
            group_id,
            name=data.name if "name" in given else None,
            new_cadence=cadence,
            archived=data.archived if "archived" in given else None,
            version=expected,
            now=now,
        )
    except asyncpg.UniqueViolationError:
        raise _taken() from None
    if not found:
        raise await _why_not(scope, group_id)
    await versions.changed([scope], "contacts")
    return await get_group(scope, group_id)


async def _hold(scope: Scope, group_id: UUID, contact_ids: Sequence[UUID]) -> None:
    if not await queries.hold_group(scope, group_id):
        raise NotFound
    await contacts.require_visible(scope, contact_ids)


async def _record(scope: Scope, action: str, group_id: UUID, changed: int, now: datetime) -> None:
    if changed:
        await audit.record(
            scope.household_id,
            action,
            actor_id=scope.user_id,
            subject_kind="group",
            subject_id=group_id,
            details={"contacts": changed},
            now=now,
        )


async def _why_not(scope: Scope, group_id: UUID) -> CatchUpError:
    if await queries.get_group(scope, group_id) is None:
        return NotFound()
    return PreconditionFailed("The group was changed meanwhile; read it again.")


def _taken() -> Conflict:
    return Conflict("You have a group of that name.", code="group_name_taken")


def _group(row: Row) -> GroupOut:
    fields = {name: row[name] for name in GroupOut.model_fields}
    return GroupOut(**fields | {"cadence": spoken_word(row["cadence"])})
