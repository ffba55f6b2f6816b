"""The list's `due` and the engine agree, on a made-up population and one fact at a time."""

import random
from datetime import timedelta

import pytest

from server import db
from server.contacts import service as contacts
from server.contacts.schemas import ContactListQuery
from server.groups import service as groups
from server.groups.schemas import GroupIn
from server.lib.cadence import CADENCE_DAYS, CIRCLE_CADENCE_DAYS
from server.suggestions import queries_pass
from server.suggestions.facts import members
from server.suggestions.reasons import BlockerCode
from server.suggestions.rules import is_due, why_not
from tests.contacts.factories import make_contact
from tests.interactions.talks import log
from tests.rows import insert_contact, insert_own, insert_suggestion
from tests.times import MONDAY

SILENCED = {
    BlockerCode.ARCHIVED,
    BlockerCode.PAUSED,
    BlockerCode.NEVER_SUGGEST,
    BlockerCode.SNOOZED,
}


async def listed(member, *, now=MONDAY, **query):
    found, cursor = set(), None
    while True:
        page = (
            await contacts.list_contacts(
                member.scope,
                ContactListQuery.model_validate({**query, "limit": 100, "cursor": cursor}),
                now=now,
            )
        ).read()
        found |= {contact.id for contact in page.items}
        cursor = page.next_cursor
        if cursor is None:
            return found


async def due_by_the_engine(member, *, now=MONDAY):
    """Ask the engine's own functions about its own facts; archived ones are not among these."""
    rows = await queries_pass.list_facts([member.scope], now=now)
    users = await queries_pass.list_members([member.scope])
    suggested = await queries_pass.list_suggested([member.scope], now=now)
    [user] = members(users, rows, suggested, now)
    candidates = [user.candidate(row) for row in rows]
    return {
        candidate.contact_id
        for candidate in candidates
        if is_due(candidate, now, user.zone)
        and not SILENCED & {blocker.code for blocker in why_not(candidate, now, user.zone)}
    }


async def populate(member, housemate, chance):
    """Make 300 contacts with every wish, silence and past there is."""
    words = [None, None, None, "days", *CADENCE_DAYS]
    own_groups = [
        await insert_own(
            "groups",
            member,
            name=f"group {number}",
            cadence=cadence,
            cadence_days=3 if cadence == "days" else None,
            archived_at=MONDAY if number % 4 == 3 else None,
            created_at=MONDAY,
        )
        for number, cadence in enumerate([*words, "none", "daily", None])
    ]
    for number in range(300):
        author = chance.choice([member, member, housemate])
        contact_id = await insert_contact(
            author,
            name=f"Ana {number}",
            visibility=chance.choice(["household", "household", "private"]),
            created_at=MONDAY - timedelta(days=chance.randrange(400)),
        )
        if chance.random() < 0.6:
            cadence = chance.choice(words)
            await insert_own(
                "contact_settings",
                member,
                contact_id=contact_id,
                cadence=cadence,
                cadence_days=chance.choice([1, 45, 3660]) if cadence == "days" else None,
                circle=chance.choice([None, None, *CIRCLE_CADENCE_DAYS]),
                archived_at=chance.choice([None] * 9 + [MONDAY]),
                paused_until=chance.choice([None] * 5 + [MONDAY + timedelta(hours=1), MONDAY]),
                never_suggest=chance.random() < 0.1,
            )
        for group_id in chance.sample(own_groups, chance.choice([0, 0, 1, 2, 3])):
            await insert_own(
                "group_members", member, group_id=group_id, contact_id=contact_id, created_at=MONDAY
            )
        for _ in range(chance.choice([0, 1, 1, 2])):
            at = MONDAY - timedelta(hours=chance.choice([1, 9, 10, 33, 34, *range(40, 9999, 71)]))
            talk_id = await insert_own(
                "interactions",
                author,
                kind="call",
                state=chance.choice(["confirmed", "confirmed", "happened", "planned"]),
                occurred_at=at,
                created_at=at,
                updated_at=at,
            )
            await insert_own(
                "interaction_contacts", author, interaction_id=talk_id, contact_id=contact_id
            )
        if chance.random() < 0.2:
            snoozed = chance.random() < 0.6
            await insert_suggestion(
                author,
                contact_id,
                slot_start=None if snoozed else MONDAY + timedelta(hours=number),
                state="snoozed" if snoozed else "pending",
                snoozed_until=MONDAY + timedelta(days=chance.choice([-1, 3])) if snoozed else None,
            )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Kiritimati"])
async def test_the_list_and_the_engine_agree_who_is_due(member, housemate, seed, zone):
    await populate(member, housemate, random.Random(seed))
    await db.execute("UPDATE users SET zone = $1", zone)

    due = await due_by_the_engine(member)

    assert 30 < len(due) < 250
    assert await listed(member, due=True) == due
    assert await listed(member, due=False) == await listed(member) - due
    assert await listed(member, due=True, archived="true") == set()


async def test_the_due_day_of_a_list_is_the_engines(member):
    contact = await make_contact(member, cadence="weekly")
    await log(member, contact.id, at=MONDAY - timedelta(days=5))

    read = (await contacts.get_contact(member.scope, contact.id)).read()

    assert str(read.due_on) == "2026-03-04"
    assert await listed(member, due=True, now=MONDAY + timedelta(days=1)) == set()
    assert await listed(member, due=True, now=MONDAY + timedelta(days=2)) == {contact.id}


async def test_due_combines_with_other_conditions_and_takes_few_statements(member, statements):
    for name in ("John Smith", "Jon Adams", "Eve"):
        await make_contact(member, name, circle="inner" if name != "Eve" else None)
    away = await make_contact(member, "Jon Away", circle="inner", cadence="none")
    group = await groups.create_group(member.scope, GroupIn(name="Band"), now=MONDAY)
    every = await listed(member)
    await groups.add_members(member.scope, group.id, list(every), now=MONDAY)
    statements.clear()

    found = await listed(member, due=True, search="jon", circle="inner", group=group.id)

    assert len(statements) == 3
    assert len(found) == 2
    assert away.id not in found
