"""Store prepared contacts: one from the API or thousands from a file, by the same statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from server import versions
from server.contacts import queries_write
from server.contacts.drafts import PreparedContact
from server.contacts.queries_write import Tables
from server.contacts.service_rows import table_rows
from server.db import transaction
from server.keys import service as keys
from server.keys.service import Box
from server.lib.scope import Scope

FEW = 10
Step = Callable[[Scope, Sequence[PreparedContact], datetime], Awaitable[None]]
# What higher features do with new contacts, in the transaction that stores them;
# server/wiring.py fills it.
new_contact_steps: list[Step] = []


async def insert_contacts(
    scope: Scope, contacts: Sequence[PreparedContact], *, now: datetime
) -> None:
    """Store new contacts with points, dates, tags and the author's settings.

    One statement, and what the steps need; about 1,000 contacts a call keep memory small.
    Joins the caller's transaction: all or none.
    """
    if not contacts:
        return
    box = await keys.box(scope.household_id)
    async with transaction():
        await queries_write.insert_contacts(scope, *await _tables(contacts, box), now=now)
        await take_steps(scope, contacts, now=now)
        await versions.changed([scope], "household_contacts")


async def take_steps(scope: Scope, contacts: Sequence[PreparedContact], *, now: datetime) -> None:
    """Let higher features add the tags and groups of the drafts; twice does no harm."""
    for step in new_contact_steps:
        await step(scope, contacts, now)


async def update_contacts(
    scope: Scope, contacts: Sequence[PreparedContact], *, now: datetime
) -> set[UUID]:
    """Replace stored contacts, each if its version is still the one that its edit was made on.

    Returns the ids of those replaced; of the others nothing is touched. One statement. The
    settings are the caller's own; tags stay as they are.
    """
    box = await keys.box(scope.household_id)
    saved = await queries_write.update_contacts(scope, *await _tables(contacts, box), now=now)
    if saved:
        await versions.changed([scope], "household_contacts")
    return saved


async def _tables(contacts: Sequence[PreparedContact], box: Box) -> Tables:
    """Return the rows; of many in a thread, for encrypting them would hold the event loop."""
    if len(contacts) <= FEW:
        return table_rows(contacts, box)
    return await asyncio.to_thread(table_rows, contacts, box)
