import pytest

from server.errors import NotFound
from server.interactions import service
from tests.interactions.talks import DAY, log, query
from tests.rows import insert_contact
from tests.times import MONDAY


async def test_pages_go_on_where_they_ended_even_within_one_instant(member):
    contact = await insert_contact(member)
    for _ in range(5):
        await log(member, contact)
    seen, cursor = [], None
    while True:
        page = await service.list_page(member.scope, query(limit=2, cursor=cursor), contact_id=None)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert (len(seen), len(set(seen))) == (5, 5)


async def test_newest_come_first(member):
    contact = await insert_contact(member)
    for days in (2, 1, 3):
        await log(member, contact, at=MONDAY - days * DAY)

    page = await service.list_page(member.scope, query(), contact_id=None)

    assert [(MONDAY - item.occurred_at).days for item in page.items] == [1, 2, 3]


async def test_an_earliest_instant_is_inside_and_a_last_one_outside(member):
    contact = await insert_contact(member)
    for days in (1, 2, 3):
        await log(member, contact, at=MONDAY - days * DAY)
    span = {"from": (MONDAY - 2 * DAY).isoformat(), "to": (MONDAY - DAY).isoformat()}

    page = await service.list_page(member.scope, query(**span), contact_id=None)

    assert [(MONDAY - item.occurred_at).days for item in page.items] == [2]


async def test_a_list_can_be_of_one_state(member):
    contact = await insert_contact(member)
    await log(member, contact)
    planned = await log(member, contact, at=MONDAY + DAY)

    page = await service.list_page(member.scope, query(state="planned"), contact_id=None)

    assert [item.id for item in page.items] == [planned.id]


async def test_a_list_can_be_of_one_contact(member):
    ben, eva = await insert_contact(member), await insert_contact(member, name="Eva")
    await log(member, ben)
    with_eva = await log(member, eva)

    page = await service.list_page(member.scope, query(), contact_id=eva)

    assert [item.id for item in page.items] == [with_eva.id]


async def test_the_interactions_of_an_unseen_contact_are_not_found(member, stranger):
    theirs = await insert_contact(stranger)

    with pytest.raises(NotFound):
        await service.list_page(member.scope, query(), contact_id=theirs)
