"""A list is encoded from its rows; the models say what that must look like."""

import json
import random

import pytest

from server import db
from server.contacts import service
from server.contacts.schemas import ContactListQuery
from server.contacts.schemas_out import ContactOut, ContactSummary
from server.groups import service as groups
from server.groups import service_tags as tags
from server.groups.schemas import GroupIn
from server.interactions import service as interactions
from server.interactions.schemas import InteractionIn
from tests.contacts.factories import make_contact
from tests.contacts.test_service_replies import LATER, random_fields
from tests.times import MONDAY

ONLY_WHOLE = set(ContactOut.model_fields) - set(ContactSummary.model_fields)


async def listed(member):
    return await service.list_contacts(
        member.scope, ContactListQuery(archived="all", limit=100), now=LATER
    )


async def befriend(member, contact, chance):
    """Put a contact into groups, give it tags and talks, as chance has it."""
    for name in ("Band", "Alumni", "émigrés"):
        cadence = chance.choice((None, "none", "weekly"))
        group = await groups.create_group(
            member.scope, GroupIn(name=f"{name} {contact.id}", cadence=cadence), now=MONDAY
        )
        if chance.random() < 0.5:
            await groups.add_members(member.scope, group.id, [contact.id], now=MONDAY)
    await tags.tag_contact(member.scope, contact.id, f"Jazz {chance.randrange(9)}", now=MONDAY)
    if chance.random() < 0.5:
        talk = {"contact_ids": [contact.id], "kind": "call", "occurred_at": MONDAY}
        await interactions.create(member.scope, InteractionIn.model_validate(talk), now=LATER)


@pytest.mark.parametrize("seed", range(8))
async def test_each_contact_of_a_list_reads_as_it_does_alone(member, seed):
    chance = random.Random(seed)
    for _ in range(4):
        contact = await make_contact(member, **{"name": "Ana", **random_fields(chance)})
        await befriend(member, contact, chance)

    items = json.loads((await listed(member)).body)["items"]

    for item in items:
        alone = (await service.get_contact(member.scope, item["id"])).read()
        # As text: every instant and number is written alike, too.
        assert item == json.loads(alone.model_dump_json(exclude=ONLY_WHOLE))


async def test_a_list_is_what_its_model_says(member):
    await make_contact(member, **random_fields(random.Random(1)) | {"name": "Ana"})

    page = await listed(member)

    assert page.model.model_validate_json(page.body, strict=True) == page.read()


async def test_an_empty_list_is_a_list(member):
    assert json.loads((await listed(member)).body) == {"items": [], "next_cursor": None}


async def test_instants_are_utc_whatever_zone_the_database_is_in(member, monkeypatch):
    confirmed = {"value": "a@example.org", "confirmed_at": "2026-03-01T12:00:00.000120+05:30"}
    await make_contact(member, emails=[confirmed])

    async with db.transaction():
        await db.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")
        (item,) = json.loads((await listed(member)).body)["items"]

    assert item["emails"][0]["confirmed_at"] == "2026-03-01T06:30:00.000120Z"


async def test_an_archived_groups_wish_does_not_count(member):
    contact = await make_contact(member)
    for name, cadence, archived in (("Band", "daily", True), ("Choir", "yearly", False)):
        group = await groups.create_group(
            member.scope, GroupIn(name=name, cadence=cadence, archived=archived), now=MONDAY
        )
        await groups.add_members(member.scope, group.id, [contact.id], now=MONDAY)

    (item,) = (await listed(member)).read().items

    assert (item.effective_cadence_days, item.cadence_source) == (365, "group")
