import asyncio

import pytest

from server import db
from server.contacts import service as contacts
from server.contacts.schemas import ContactPatch
from server.errors import Conflict, NotFound
from server.groups import service as groups
from server.groups import service_tags as tags
from server.groups.schemas import GroupIn
from server.groups.service_promote import promote_tag
from server.lib.paging import PageQuery
from tests.contacts.factories import make_contact
from tests.times import MONDAY


async def tagged(member, name="climbing", people=("Ana", "Ben")):
    for person in people:
        contact = await make_contact(member, person)
        tag = await tags.tag_contact(member.scope, contact.id, name, now=MONDAY)
    return tag.id


async def promote(member, tag_id):
    return await promote_tag(member.scope, tag_id, now=MONDAY)


async def people(member, group):
    page = (await groups.list_members(member.scope, group.id, PageQuery(), now=MONDAY)).read()
    return [contact.name for contact in page.items]


async def test_a_promoted_tag_is_a_group_of_all_who_have_it(member):
    tag_id = await tagged(member)
    await make_contact(member, "Carl")

    group, is_new = await promote(member, tag_id)

    assert is_new
    assert (group.name, group.promoted_from_tag_id) == ("climbing", tag_id)
    assert await people(member, group) == ["Ana", "Ben"]
    assert (await tags.get_tag(member.scope, tag_id)).contact_count == 2


async def test_promoting_again_adds_who_has_the_tag_since_and_takes_nobody_out(member):
    tag_id = await tagged(member)
    group, _ = await promote(member, tag_id)
    by_hand = await make_contact(member, "By hand")
    await groups.add_members(member.scope, group.id, [by_hand.id], now=MONDAY)
    await tags.rename_tag(member.scope, tag_id, "bouldering", expected=None)
    await tagged(member, "bouldering", ["Dora"])

    again, is_new = await promote(member, tag_id)

    assert (again.id, is_new) == (group.id, False)
    assert await people(member, again) == ["Ana", "Ben", "By hand", "Dora"]


async def test_a_group_of_that_name_is_not_taken_over(member):
    tag_id = await tagged(member)
    group = await groups.create_group(member.scope, GroupIn(name="Climbing"), now=MONDAY)

    with pytest.raises(Conflict) as refused:
        await promote(member, tag_id)

    assert refused.value.code == "group_name_taken"
    assert await people(member, group) == []


async def test_a_tag_of_somebody_else_is_not_there(member, housemate):
    tag_id = await tagged(housemate)

    with pytest.raises(NotFound):
        await promote(member, tag_id)


async def test_who_is_not_seen_any_more_stays_out(member, housemate):
    contact = await make_contact(housemate, "Ana", visibility="household")
    tag = await tags.tag_contact(member.scope, contact.id, "climbing", now=MONDAY)
    private = ContactPatch(visibility="private")
    await contacts.patch_contact(housemate.scope, contact.id, private, expected=None, now=MONDAY)

    group, _ = await promote(member, tag.id)

    assert await db.fetch("SELECT FROM group_members WHERE group_id = $1", group.id) == []


async def test_a_group_outlives_its_tag(member):
    tag_id = await tagged(member)
    group, _ = await promote(member, tag_id)

    await tags.delete_tag(member.scope, tag_id, expected=None)

    assert (await groups.get_group(member.scope, group.id)).promoted_from_tag_id is None
    assert await people(member, group) == ["Ana", "Ben"]


async def test_fifty_promotions_at_once_make_one_group(member):
    tag_id = await tagged(member)

    found = await asyncio.gather(*(promote(member, tag_id) for _ in range(50)))

    assert sum(is_new for _, is_new in found) == 1
    assert len({group.id for group, _ in found}) == 1


async def test_fifty_who_tag_nearly_the_same_at_once_make_one_tag(member):
    ids = [(await make_contact(member, f"Ana {n}")).id for n in range(50)]
    spellings = ("rock climbing", "Rock Climbing", "rock climbin", "rock-climbing", "rockclimbing")

    made = await asyncio.gather(
        *(
            tags.tag_contact(member.scope, contact_id, spellings[n % 5], now=MONDAY)
            for n, contact_id in enumerate(ids)
        )
    )

    assert len({tag.id for tag in made}) == 1
    [tag] = (await tags.list_tags(member.scope, PageQuery())).items
    assert tag.contact_count == 50


async def test_fifty_who_add_the_same_members_in_any_order_lose_nothing(member):
    ids = [(await make_contact(member, f"Ana {n}")).id for n in range(20)]
    group = await groups.create_group(member.scope, GroupIn(name="Band"), now=MONDAY)

    changed = await asyncio.gather(
        *(
            groups.add_members(member.scope, group.id, ids if n % 2 else ids[::-1], now=MONDAY)
            for n in range(50)
        )
    )

    assert sorted(changed) == [0] * 49 + [20]


async def test_renames_to_nearly_the_same_at_once_let_one_through(member):
    made = [(await tags.create_tag(member.scope, word, now=MONDAY))[0] for word in "abcde"]

    results = await asyncio.gather(
        *(
            tags.rename_tag(member.scope, tag.id, f"rock climbing{'s' * (n % 2)}", expected=None)
            for n, tag in enumerate(made)
        ),
        return_exceptions=True,
    )

    assert [type(each) for each in results].count(Conflict) == 4


async def test_the_route_says_created_then_ok(client, member):
    tag_id = await tagged(member)
    url = f"/api/tags/{tag_id}/promote"

    first = await client.post(url, headers=member.headers)
    second = await client.post(url, headers=member.headers)

    assert (first.status_code, second.status_code) == (201, 200)
    assert (await first.get_json())["member_count"] == 2
