"""A tag becomes a group: from a word about people to a circle of them."""

from datetime import datetime
from uuid import UUID

from server import versions
from server.audit import service as audit
from server.db import transaction
from server.errors import Conflict
from server.groups import queries, queries_tags
from server.groups.schemas import GroupOut
from server.groups.service import get_group
from server.groups.service_tags import get_tag, take_turns
from server.lib.ids import uuid7
from server.lib.scope import Scope


async def promote_tag(scope: Scope, tag_id: UUID, *, now: datetime) -> tuple[GroupOut, bool]:
    """Return the group made of a tag, with all who have the tag, and whether it was made now.

    Safe to repeat, by several at once: a second time adds who has the tag since, and takes
    nobody out. The group keeps to the tag when either is renamed.

    Raises:
        NotFound: the caller has no such tag.
        Conflict: `group_name_taken`: another group of the caller's has the tag's name;
            `import_running`: an import of theirs makes tags.
    """
    async with transaction():
        await take_turns(scope)
        tag = await get_tag(scope, tag_id)
        promoted = await queries.get_promoted(scope, tag_id)
        group_id = promoted or await _make_group(scope, tag_id, tag.name, now)
        contact_ids = await queries_tags.list_tagged(scope, tag_id)
        ids = [uuid7() for _ in contact_ids]
        await versions.changed([scope], "contacts")
        changed = await queries.add_members(scope, group_id, ids, contact_ids, now=now)
        if changed or not promoted:
            await audit.record(
                scope.household_id,
                "tag.promoted",
                actor_id=scope.user_id,
                subject_kind="group",
                subject_id=group_id,
                details={"contacts": changed},
                now=now,
            )
            await versions.changed([scope], "contacts")
        return await get_group(scope, group_id), promoted is None


async def _make_group(scope: Scope, tag_id: UUID, name: str, now: datetime) -> UUID:
    group_id = uuid7()
    if not await queries.insert_group(
        scope, group_id, name, None, None, None, now=now, promoted_from_tag_id=tag_id
    ):
        raise Conflict(
            "You have a group of that name; rename it or the tag first.", code="group_name_taken"
        )
    return group_id
