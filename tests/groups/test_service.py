import asyncio

import pytest

from server import db
from server.contacts import service as contacts
from server.contacts.schemas import ContactPatch
from server.errors import Conflict, NotFound, PreconditionFailed
from server.groups import service
from server.groups.schemas import GroupIn, GroupListQuery, GroupPatch
from server.lib.ids import uuid7
from server.lib.paging import PageQuery
from tests.contacts.factories import make_contact
from tests.factories import make_member
from tests.times import MONDAY


async def make_group(member, name="Band", **fields):
    data = GroupIn.model_validate({"name": name, **fields})
    return await service.create_group(member.scope, data, now=MONDAY)


async def patch(member, group, *, expected=None, **fields):
    data = GroupPatch.model_validate(fields)
    return await service.patch_group(member.scope, group.id, data, expected=expected, now=MONDAY)


async def names(member, **query):
    page = await service.list_groups(member.scope, GroupListQuery.model_validate(query))
    return [group.name for group in page.items]


async def members(member, group):
    page = (await service.list_members(member.scope, group.id, PageQuery(), now=MONDAY)).read()
    return [contact.name for contact in page.items]


async def test_a_new_user_finds_the_default_groups(database):
    member = await make_member()

    page = await service.list_groups(member.scope, GroupListQuery())

    assert {group.name for group in page.items} == {
        "Close Friends",
        "Friends",
        "Remote Friends",
        "College Friends",
        "High School Friends",
    }
    assert all(group.is_default for group in page.items)


@pytest.mark.parametrize("name", ["Friends", "FRIENDS", " friends "])
async def test_a_group_name_is_taken_in_every_case(member, name):
    with pytest.raises(Conflict) as refused:
        await make_group(member, name)

    assert refused.value.code == "group_name_taken"


async def test_a_group_cannot_be_renamed_to_a_taken_name(member):
    group = await make_group(member)

    with pytest.raises(Conflict):
        await patch(member, group, name="friends")


async def test_two_users_may_have_groups_of_one_name(member, housemate):
    await make_group(member, "Band")

    assert (await make_group(housemate, "Band")).name == "Band"


async def test_groups_come_by_name_in_pages(member):
    await make_group(member, "aaa")
    first = await service.list_groups(member.scope, GroupListQuery(limit=4))
    rest = await service.list_groups(
        member.scope, GroupListQuery(limit=4, cursor=first.next_cursor)
    )

    listed = [group.name for group in (*first.items, *rest.items)]
    assert listed == ["aaa", *sorted(service.DEFAULT_GROUPS)]
    assert rest.next_cursor is None


async def test_a_patch_leaves_alone_what_it_does_not_name(member):
    group = await make_group(member, cadence="weekly", archived=True)

    patched = await patch(member, group, name="Choir")

    assert (patched.name, patched.cadence, patched.archived_at) == ("Choir", "weekly", MONDAY)


async def test_a_put_clears_what_it_does_not_name(member):
    group = await make_group(member, cadence="weekly", archived=True)

    replaced = await service.replace_group(
        member.scope, group.id, GroupIn(name="Choir"), expected=None, now=MONDAY
    )

    assert (replaced.cadence, replaced.archived_at, replaced.version) == (None, None, 2)


async def test_days_take_a_cadence_in_words_back(member):
    group = await make_group(member, cadence="weekly")

    patched = await patch(member, group, cadence_days=9)

    assert (patched.cadence, patched.cadence_days) == (None, 9)


async def test_an_archived_group_keeps_its_members_and_leaves_the_list(member):
    group = await make_group(member)
    await service.add_members(member.scope, group.id, [(await make_contact(member)).id], now=MONDAY)

    await patch(member, group, archived=True)

    assert "Band" not in await names(member)
    assert await names(member, archived="true") == ["Band"]
    assert await members(member, group) == ["Ben"]


async def test_an_edit_of_another_version_is_refused(member):
    group = await make_group(member)
    await patch(member, group, name="Choir")

    with pytest.raises(PreconditionFailed):
        await patch(member, group, name="Orchestra", expected=1)
    with pytest.raises(PreconditionFailed):
        await service.delete_group(member.scope, group.id, expected=1)


async def test_of_many_edits_of_one_version_exactly_one_wins(member):
    group = await make_group(member)

    outcomes = await asyncio.gather(
        *(patch(member, group, name=f"Band {n}", expected=1) for n in range(10)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, PreconditionFailed) for outcome in outcomes) == 9


async def test_adding_members_twice_changes_nothing(member):
    group, contact = await make_group(member), await make_contact(member)
    twice = [contact.id, contact.id]

    first = await service.add_members(member.scope, group.id, twice, now=MONDAY)
    second = await service.add_members(member.scope, group.id, twice, now=MONDAY)

    assert (first, second, await members(member, group)) == (1, 0, ["Ben"])


async def test_one_unknown_contact_keeps_all_out(member, stranger):
    group = await make_group(member)
    mine, theirs = await make_contact(member), await make_contact(stranger)

    for unknown in (theirs.id, uuid7()):
        with pytest.raises(NotFound):
            await service.add_members(member.scope, group.id, [mine.id, unknown], now=MONDAY)

    assert await members(member, group) == []


async def test_removed_members_stay_contacts(member):
    group, contact = await make_group(member), await make_contact(member)
    await service.add_members(member.scope, group.id, [contact.id], now=MONDAY)

    removed = await service.remove_members(member.scope, group.id, [contact.id], now=MONDAY)
    again = await service.remove_members(member.scope, group.id, [contact.id], now=MONDAY)

    assert (removed, again) == (1, 0)
    assert (await contacts.get_contact(member.scope, contact.id)).read().groups == []


async def test_bulk_changes_are_audited_by_count_only(member):
    group, contact = await make_group(member), await make_contact(member)
    await service.add_members(member.scope, group.id, [contact.id], now=MONDAY)
    await service.add_members(member.scope, group.id, [contact.id], now=MONDAY)

    entries = await db.fetch("SELECT action, details FROM audit_entries WHERE action LIKE 'group%'")

    assert [(e["action"], e["details"]) for e in entries] == [
        ("group.members_added", {"contacts": 1})
    ]


async def test_a_contact_that_is_unshared_leaves_a_housemates_group(member, housemate):
    group = await make_group(housemate)
    contact = await make_contact(member, visibility="household")
    await service.add_members(housemate.scope, group.id, [contact.id], now=MONDAY)

    private = ContactPatch(visibility="private")
    await contacts.patch_contact(member.scope, contact.id, private, expected=None, now=MONDAY)

    assert await members(housemate, group) == []
    assert (await service.get_group(housemate.scope, group.id)).member_count == 0


async def test_deleting_a_group_keeps_its_members(member):
    group, contact = await make_group(member), await make_contact(member)
    await service.add_members(member.scope, group.id, [contact.id], now=MONDAY)

    await service.delete_group(member.scope, group.id, expected=None)

    assert (await contacts.get_contact(member.scope, contact.id)).read().name == "Ben"


async def test_members_at_the_same_time_are_added_once(member):
    group, contact = await make_group(member), await make_contact(member)

    changed = await asyncio.gather(
        *(service.add_members(member.scope, group.id, [contact.id], now=MONDAY) for _ in range(8))
    )

    assert sum(changed) == 1


async def test_a_bulk_change_takes_the_same_few_statements_for_many_as_for_one(member, statements):
    group = await make_group(member)
    ids = [(await make_contact(member, f"Ben {n}")).id for n in range(20)]
    counts = []
    for part in (ids[:1], ids[1:]):
        statements.clear()
        await service.add_members(member.scope, group.id, part, now=MONDAY)
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 6
