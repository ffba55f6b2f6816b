"""Groups that a file names: found by name, or made."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server.contacts.drafts import PreparedContact
from server.groups import queries
from server.lib.ids import uuid7
from server.lib.scope import Scope


async def join_groups(scope: Scope, new: Sequence[PreparedContact], now: datetime) -> None:
    """Put contacts into the groups that their drafts name; a step of contacts.service_bulk.

    No statement when there are none; one, and one for each group, otherwise.
    """
    wanted: dict[str, list[UUID]] = {}
    for contact in new:
        for name in contact.draft.groups:
            wanted.setdefault(name, []).append(contact.id)
    if not wanted:
        return
    # Which names are one, whatever their case, is the database's to say: Python folds otherwise.
    ids = await queries.find_or_insert_groups(
        scope, [uuid7() for _ in wanted], list(wanted), now=now
    )
    joined: dict[UUID, dict[UUID, None]] = {}
    for name, contact_ids in wanted.items():
        joined.setdefault(ids[name], {}).update(dict.fromkeys(contact_ids))
    for group_id, members in joined.items():
        await queries.add_members(
            scope, group_id, [uuid7() for _ in members], list(members), now=now
        )
