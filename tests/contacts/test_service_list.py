import pytest

from server.contacts import service
from server.contacts.schemas import ContactListQuery, ContactPatch
from server.errors import NotFound
from server.groups import service as groups
from server.groups import service_tags as tags
from server.groups.schemas import GroupIn
from tests.contacts.factories import make_contact
from tests.times import MONDAY


async def names(member, **query):
    page = (
        await service.list_contacts(
            member.scope, ContactListQuery.model_validate(query), now=MONDAY
        )
    ).read()
    return [contact.name for contact in page.items]


async def test_contacts_come_by_name_whatever_the_case_and_accents(member):
    for name in ("Zoe", "émile", "Eve", "Adam"):
        await make_contact(member, name)

    assert await names(member) == ["Adam", "émile", "Eve", "Zoe"]


async def test_pages_follow_each_other_without_gap_or_repeat(member, housemate):
    for number in range(7):
        author = member if number % 2 else housemate
        await make_contact(author, f"Ana {number // 2}", visibility="household")
    seen, cursor = [], None

    while True:
        page = (
            await service.list_contacts(
                member.scope, ContactListQuery(limit=2, cursor=cursor), now=MONDAY
            )
        ).read()
        seen += [contact.id for contact in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 7


async def test_a_cursor_survives_the_deletion_of_its_contact(member):
    first = await make_contact(member, "Ana")
    await make_contact(member, "Ben")
    page = (await service.list_contacts(member.scope, ContactListQuery(limit=1), now=MONDAY)).read()
    await service.delete_contact(member.scope, first.id, expected=None, now=MONDAY)

    assert await names(member, cursor=page.next_cursor) == ["Ben"]


@pytest.mark.parametrize("name", ["\U0001f600" * 255, '"' * 255, "ﷺ" * 255])
async def test_a_cursor_carries_every_name(member, name):
    await make_contact(member, name)
    await make_contact(member, name)
    page = (await service.list_contacts(member.scope, ContactListQuery(limit=1), now=MONDAY)).read()

    assert len(await names(member, cursor=page.next_cursor)) == 1


async def test_archived_contacts_are_listed_only_on_demand(member):
    await make_contact(member, "Here")
    away = await make_contact(member, "Away")
    await service.archive_contact(member.scope, away.id, now=MONDAY)

    assert await names(member) == ["Here"]
    assert await names(member, archived="true") == ["Away"]
    assert await names(member, archived="all") == ["Away", "Here"]


@pytest.mark.parametrize(
    "search", ["jose", "ALVAREZ", "jose alv", "alvarez josé", "acme", "901820", "jose@ex", "pepe"]
)
async def test_a_search_finds_a_contact_by_any_words(member, search):
    await make_contact(
        member,
        "José Álvarez",
        nickname="Pepe",
        organisation="ACME",
        phones=[{"value": "030 901820"}],
        emails=[{"value": "jose@example.org"}],
    )
    await make_contact(member, "Ben")

    assert await names(member, search=search) == ["José Álvarez"]


@pytest.mark.parametrize("search", ["jose ben", "%", "_", "jos_", "\\", "josefa"])
async def test_a_search_finds_nobody_who_lacks_a_word(member, search):
    await make_contact(member, "José")
    await make_contact(member, "Ben")

    assert await names(member, search=search) == []


async def test_an_empty_search_finds_all(member):
    await make_contact(member, "Ben")

    assert await names(member, search="  ") == ["Ben"]


async def test_a_search_sees_what_an_edit_changed(member):
    contact = await make_contact(member, "Ben")
    data = ContactPatch(name="Ana")
    await service.patch_contact(member.scope, contact.id, data, expected=None, now=MONDAY)

    assert (await names(member, search="ana"), await names(member, search="ben")) == (["Ana"], [])


async def test_a_group_filter_shows_its_members(member):
    inside = await make_contact(member, "Inside")
    await make_contact(member, "Outside")
    group = await groups.create_group(member.scope, GroupIn(name="Band"), now=MONDAY)
    await groups.add_members(member.scope, group.id, [inside.id], now=MONDAY)

    assert await names(member, group=str(group.id)) == ["Inside"]


async def test_somebody_elses_group_is_not_found(member, housemate):
    contact = await make_contact(member, visibility="household")
    group = await groups.create_group(housemate.scope, GroupIn(name="Band"), now=MONDAY)
    await groups.add_members(housemate.scope, group.id, [contact.id], now=MONDAY)

    with pytest.raises(NotFound):
        await names(member, group=str(group.id))


async def test_a_tag_filter_shows_the_tagged(member):
    tagged = await make_contact(member, "Tagged")
    await make_contact(member, "Plain")
    tag = await tags.tag_contact(member.scope, tagged.id, "jazz", now=MONDAY)

    assert await names(member, tag=str(tag.id)) == ["Tagged"]


async def test_a_circle_filter_shows_the_callers_circle(member, housemate):
    await make_contact(member, "Close", circle="close", visibility="household")
    await make_contact(member, "Casual", circle="casual")

    assert await names(member, circle="close") == ["Close"]
    assert await names(housemate, circle="close") == []


async def test_lists_show_shared_contacts_and_hide_private_ones(member, housemate, stranger):
    await make_contact(member, "Private")
    await make_contact(member, "Shared", visibility="household")
    await make_contact(housemate, "Theirs", visibility="household")

    assert await names(member) == ["Private", "Shared", "Theirs"]
    assert await names(housemate) == ["Shared", "Theirs"]
    assert await names(stranger) == []


async def test_a_list_takes_one_statement_however_long(member, statements):
    for number in range(20):
        await make_contact(member, f"Ana {number}", phones=[{"value": "1"}])
    statements.clear()

    assert len(await names(member)) == 20
    assert len(statements) == 1
