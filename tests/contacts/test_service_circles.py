import pytest

from server.contacts import service
from server.contacts.circles import LIMITS
from server.contacts.schemas import ContactPatch
from server.contacts.service_circles import list_circles
from server.lib.paging import ShortListQuery
from tests.contacts.factories import make_contact
from tests.times import MONDAY


async def fill(member, circle="inner", count=LIMITS["inner"]):
    return [await make_contact(member, f"Ana {n}", circle=circle) for n in range(count)]


async def inner(member):
    found = {
        each.circle: each for each in (await list_circles(member.scope, ShortListQuery())).items
    }
    return found["inner"].count, found["inner"].over_limit


async def patch(member, contact, **fields):
    return (
        await service.patch_contact(
            member.scope, contact.id, ContactPatch(**fields), expected=None, now=MONDAY
        )
    ).read()


async def test_every_circle_tells_its_people_and_its_limit(member):
    await fill(member, "close", 2)

    found = (await list_circles(member.scope, ShortListQuery())).items

    assert [(each.circle, each.count, each.limit) for each in found] == [
        ("inner", 0, 5),
        ("close", 2, 15),
        ("active", 0, 50),
        ("casual", 0, 150),
    ]


async def test_a_full_circle_warns_of_nobody(member):
    contacts = await fill(member)

    assert [contact.warnings for contact in contacts] == [[]] * 5
    assert await inner(member) == (5, False)


async def test_one_too_many_is_taken_with_a_warning(member):
    await fill(member)

    contact = await make_contact(member, "Ben", circle="inner")

    [warning] = contact.warnings
    assert (contact.circle, warning.code, warning.field) == ("inner", "circle_over_limit", "circle")
    assert warning.message == "Your inner circle has 6 people now; it is meant for 5 at most."
    assert await inner(member) == (6, True)


async def test_moving_in_warns_and_staying_or_moving_out_does_not(member):
    await fill(member)
    contact = await make_contact(member, "Ben")

    assert len((await patch(member, contact, circle="inner")).warnings) == 1
    assert (await patch(member, contact, nickname="B")).warnings == []
    assert (await patch(member, contact, circle="close")).warnings == []
    assert (await service.get_contact(member.scope, contact.id)).read().warnings == []


async def test_archived_contacts_count_again_when_they_come_back(member):
    contact, *_ = await fill(member, count=6)

    await service.archive_contact(member.scope, contact.id, now=MONDAY)
    assert await inner(member) == (5, False)
    restored = (await service.restore_contact(member.scope, contact.id, now=MONDAY)).read()
    assert len(restored.warnings) == 1


async def test_circles_are_each_members_own(member, housemate):
    contact = await make_contact(member, "Ana", circle="inner", visibility="household")

    assert await inner(housemate) == (0, False)
    await patch(housemate, contact, circle="inner")
    assert (await inner(member), await inner(housemate)) == ((1, False), (1, False))


async def test_who_is_not_seen_any_more_does_not_count(member, housemate):
    contact = await make_contact(member, "Ana", visibility="household")
    await patch(housemate, contact, circle="inner")
    await patch(member, contact, visibility="private")

    assert await inner(housemate) == (0, False)


@pytest.mark.parametrize("circle", [None, "inner"])
async def test_only_a_change_of_circle_is_counted(member, statements, circle):
    contact = await make_contact(member, "Ana", circle=circle)
    statements.clear()
    await patch(member, contact, nickname="A")

    assert [sql for sql in statements if "GROUP BY s.circle" in sql] == []


async def test_the_route_answers_all_four(client, member):
    reply = await client.get("/api/contacts/circles", headers=member.headers)

    assert reply.status_code == 200
    assert len((await reply.get_json())["items"]) == 4
