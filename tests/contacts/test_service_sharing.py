from datetime import timedelta

import pytest

from server import db
from server.contacts import service
from server.contacts.schemas import ContactIn, ContactPatch
from server.errors import Forbidden, NotFound
from server.groups import service as groups
from server.groups.schemas import GroupIn
from server.interactions import service as interactions
from server.interactions.schemas import InteractionIn
from tests.contacts.factories import make_contact
from tests.times import MONDAY


async def patch(member, contact, **fields):
    data = ContactPatch.model_validate(fields)
    return (
        await service.patch_contact(member.scope, contact.id, data, expected=None, now=MONDAY)
    ).read()


async def put(member, contact, **fields):
    data = ContactIn.model_validate(fields)
    return (
        await service.replace_contact(member.scope, contact.id, data, expected=None, now=MONDAY)
    ).read()


async def test_a_housemates_interaction_counts_for_a_shared_contact(member, housemate):
    contact = await make_contact(member, visibility="household")
    call = {"contact_ids": [contact.id], "kind": "call", "occurred_at": MONDAY - timedelta(days=5)}
    await interactions.create(housemate.scope, InteractionIn.model_validate(call), now=MONDAY)

    read = (await service.get_contact(member.scope, contact.id)).read()

    assert read.last_contacted_at == MONDAY - timedelta(days=5)


async def test_a_private_contact_does_not_exist_for_a_housemate(member, housemate):
    contact = await make_contact(member)

    with pytest.raises(NotFound):
        await service.get_contact(housemate.scope, contact.id)


async def test_a_housemate_edits_a_shared_contact(member, housemate):
    contact = await make_contact(member, visibility="household", phones=[{"value": "1"}])

    await patch(housemate, contact, phones=[{"value": "+49 30 901820"}], notes="ours")

    read = (await service.get_contact(member.scope, contact.id)).read()
    assert ([phone.value for phone in read.phones], read.notes) == (["+49 30 901820"], "ours")


async def test_settings_groups_and_archive_are_each_members_own(member, housemate):
    contact = await make_contact(member, visibility="household", circle="inner")
    group = await groups.create_group(member.scope, GroupIn(name="Climbers"), now=MONDAY)
    await groups.add_members(member.scope, group.id, [contact.id], now=MONDAY)
    await service.archive_contact(member.scope, contact.id, now=MONDAY)

    seen = await patch(housemate, contact, circle="casual", never_suggest=True)

    mine = (await service.get_contact(member.scope, contact.id)).read()
    assert (seen.circle, seen.archived_at, seen.groups) == ("casual", None, [])
    assert (mine.circle, mine.archived_at, mine.never_suggest) == ("inner", MONDAY, False)


@pytest.mark.parametrize("method", [put, patch])
async def test_only_the_author_makes_a_shared_contact_private(member, housemate, method):
    contact = await make_contact(member, visibility="household")

    with pytest.raises(Forbidden) as refused:
        await method(housemate, contact, name="Ben", visibility="private")

    assert refused.value.code == "author_only"


async def test_only_the_author_deletes_a_shared_contact(member, housemate):
    contact = await make_contact(member, visibility="household")

    with pytest.raises(Forbidden):
        await service.delete_contact(housemate.scope, contact.id, expected=None, now=MONDAY)


async def test_what_a_housemate_adds_to_a_contact_belongs_to_its_author(member, housemate):
    contact = await make_contact(member, visibility="household")
    await patch(
        housemate, contact, phones=[{"value": "1"}], dates=[{"kind": "other", "month": 1, "day": 1}]
    )

    owners = await db.fetch(
        "SELECT user_id FROM contact_points UNION SELECT user_id FROM contact_dates"
    )

    assert [row["user_id"] for row in owners] == [member.scope.user_id]
