import asyncio
from contextvars import Context

import pytest

from server import db
from server.contacts import service as contacts
from server.errors import Conflict, NotFound, PreconditionFailed
from server.groups import service_tags as service
from server.lib.paging import PageQuery
from tests.contacts.factories import make_contact
from tests.times import MONDAY


async def make_tag(member, name="jazz"):
    tag, _ = await service.create_tag(member.scope, name, now=MONDAY)
    return tag


async def tag_names(member, contact):
    page = await service.list_contact_tags(member.scope, contact.id, PageQuery())
    return [tag.name for tag in page.items]


async def test_a_new_tag_says_that_it_is_new(member):
    tag, is_new = await service.create_tag(member.scope, "jazz", now=MONDAY)

    assert (tag.name, tag.contact_count, is_new) == ("jazz", 0, True)


@pytest.mark.parametrize("name", ["Rock Climbing", "rock climbing", "rock climbin"])
async def test_a_near_duplicate_is_the_tag_that_is_there(member, name):
    old = await make_tag(member, "rock climbing")

    tag, is_new = await service.create_tag(member.scope, name, now=MONDAY)

    assert (tag.id, tag.name, is_new) == (old.id, "rock climbing", False)


async def test_each_user_has_tags_of_their_own(member, housemate):
    await make_tag(member, "jazz")

    _, is_new = await service.create_tag(housemate.scope, "jazz", now=MONDAY)

    assert is_new


async def test_the_same_new_tag_at_the_same_time_is_made_once(member):
    tags = await asyncio.gather(*(make_tag(member) for _ in range(6)))

    assert len({tag.id for tag in tags}) == 1


async def test_who_wants_a_new_tag_during_an_import_is_told_so_soon(member, monkeypatch):
    monkeypatch.setattr(service, "TURN_LIMIT_S", 0.1)
    old = await make_tag(member, "jazz")
    async with db.transaction():
        await service.create_tag(member.scope, "chess", now=MONDAY)  # as an import does
        with pytest.raises(Conflict) as caught:
            await asyncio.create_task(make_tag(member, "choir"), context=Context())
        found = await asyncio.create_task(make_tag(member, "jazz"), context=Context())

    assert caught.value.code == "import_running"
    assert found.id == old.id
    assert (await make_tag(member, "choir")).name == "choir"


async def test_only_the_turn_has_a_limit(member):
    async with db.transaction():
        await make_tag(member)

        assert await db.fetch_value("SHOW lock_timeout") == "0"


async def test_tags_come_by_name_in_pages(member):
    for name in ("zither", "Émile", "choir"):
        await make_tag(member, name)
    first = await service.list_tags(member.scope, PageQuery(limit=2))
    rest = await service.list_tags(member.scope, PageQuery(limit=2, cursor=first.next_cursor))

    assert [t.name for t in (*first.items, *rest.items)] == ["choir", "Émile", "zither"]


async def test_tagging_twice_changes_nothing(member):
    contact = await make_contact(member)

    first = await service.tag_contact(member.scope, contact.id, "jazz", now=MONDAY)
    second = await service.tag_contact(member.scope, contact.id, "Jazz", now=MONDAY)

    assert first == second
    assert (first.source, await tag_names(member, contact)) == ("manual", ["jazz"])


async def test_a_tag_counts_its_contacts(member):
    for name in ("Ana", "Ben"):
        contact = await make_contact(member, name)
        await service.tag_contact(member.scope, contact.id, "jazz", now=MONDAY)

    [tag] = (await service.list_tags(member.scope, PageQuery())).items
    assert tag.contact_count == 2


async def test_an_untagged_contact_loses_only_that_tag(member):
    contact = await make_contact(member)
    jazz = await service.tag_contact(member.scope, contact.id, "jazz", now=MONDAY)
    await service.tag_contact(member.scope, contact.id, "choir", now=MONDAY)

    await service.untag_contact(member.scope, contact.id, jazz.id)

    assert await tag_names(member, contact) == ["choir"]
    with pytest.raises(NotFound):
        await service.untag_contact(member.scope, contact.id, jazz.id)


async def test_a_rename_shows_on_every_contact(member):
    contact = await make_contact(member)
    tag = await service.tag_contact(member.scope, contact.id, "jazz", now=MONDAY)

    renamed = await service.rename_tag(member.scope, tag.id, "bebop", expected=1)

    assert (renamed.name, renamed.version) == ("bebop", 2)
    assert await tag_names(member, contact) == ["bebop"]


async def test_a_tag_may_be_spelt_anew(member):
    tag = await make_tag(member, "jazz")

    assert (await service.rename_tag(member.scope, tag.id, "Jazz", expected=None)).name == "Jazz"


@pytest.mark.parametrize("name", ["choir", "CHOIR", "choirs"])
async def test_a_tag_cannot_take_the_name_of_another(member, name):
    await make_tag(member, "choir")
    tag = await make_tag(member, "jazz")

    with pytest.raises(Conflict) as refused:
        await service.rename_tag(member.scope, tag.id, name, expected=None)

    assert refused.value.code == "tag_name_taken"


async def test_an_edit_of_another_version_is_refused(member):
    tag = await make_tag(member)

    with pytest.raises(PreconditionFailed):
        await service.rename_tag(member.scope, tag.id, "bebop", expected=2)
    with pytest.raises(PreconditionFailed):
        await service.delete_tag(member.scope, tag.id, expected=2)


async def test_a_deleted_tag_leaves_its_contacts(member):
    contact = await make_contact(member)
    tag = await service.tag_contact(member.scope, contact.id, "jazz", now=MONDAY)

    await service.delete_tag(member.scope, tag.id, expected=None)

    assert (await contacts.get_contact(member.scope, contact.id)).read().tags == []


async def test_a_housemates_tags_on_a_shared_contact_are_not_shown(member, housemate):
    contact = await make_contact(member, visibility="household")

    await service.tag_contact(housemate.scope, contact.id, "jazz", now=MONDAY)

    assert await tag_names(member, contact) == []
    assert (await contacts.get_contact(member.scope, contact.id)).read().tags == []


async def test_a_contact_of_another_household_cannot_be_tagged(member, stranger):
    contact = await make_contact(member)

    with pytest.raises(NotFound):
        await service.tag_contact(stranger.scope, contact.id, "jazz", now=MONDAY)
    with pytest.raises(NotFound):
        await service.list_contact_tags(stranger.scope, contact.id, PageQuery())
