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

    No statement when there are none; two, and one for each group, otherwise.
    """
    wanted: dict[str, list[UUID]] = {}
    spelled: dict[str, str] = {}
    for contact in new:
        for name in contact.draft.groups:
            wanted.setdefault(name.lower(), []).append(contact.id)
            spelled.setdefault(name.lower(), name)
    if not wanted:
        return
    ids = await queries.find_or_insert_groups(
        scope, [uuid7() for _ in wanted], list(spelled.values()), now=now
    )
    for name, contact_ids in wanted.items():
        members = list(dict.fromkeys(contact_ids))
        await queries.add_members(
            scope, ids[spelled[name]], [uuid7() for _ in members], members, now=now
        )
