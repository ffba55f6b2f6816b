"""Search with typing errors: who is found, in which order, on which page."""

import pytest

from server.contacts import service
from server.contacts.schemas import ContactListQuery
from server.errors import BadInput
from tests.contacts.factories import make_contact
from tests.times import MONDAY


async def names(member, **query):
    page = (
        await service.list_contacts(
            member.scope, ContactListQuery.model_validate(query), now=MONDAY
        )
    ).read()
    return [contact.name for contact in page.items]


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("Jon Smth", "John Smith"),
        ("smith jhon", "John Smith"),
        ("Gerogia", "Georgia"),
        ("Müler", "Jürgen Müller"),
        ("mueller", "Jürgen Müller"),
        ("Chirstopher", "Christopher"),
        ("Katherine", "Catherine"),
        ("obrien", "Pat O'Brien"),
        ("marei", "Anne-Marie"),
        ("Schmitd", "Eva Schmidt"),
        ("Достаевский", "Фёдор Достоевский"),
        ("アレキサンダー", "アレクサンダー"),
        ("प्रिय", "प्रिया"),
    ],
)
async def test_a_search_forgives_a_typing_error(member, search, name):
    await make_contact(member, name)
    await make_contact(member, "Zoltan Xu")

    assert await names(member, search=search) == [name]


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("jo", "Ja"),
        ("ben", "Bea"),
        ("jon smth", "Jon Brown"),
        ("anna", "Hans"),
        ("peter", "Petrarca"),
        ("李明", "李名"),
        ("martin", "Marta Inn"),
    ],
)
async def test_a_search_does_not_forgive_too_much(member, search, name):
    await make_contact(member, name)

    assert await names(member, search=search) == []


@pytest.mark.parametrize("search", ["王", "小明", "王小明", "小", "明"])
async def test_one_and_two_letters_of_any_script_find(member, search):
    await make_contact(member, "王小明")
    await make_contact(member, "李雷")

    assert await names(member, search=search) == ["王小明"]


async def test_the_digits_of_a_phone_are_exact(member):
    await make_contact(member, "Ana", phones=[{"value": "+49 30 901820"}])

    assert await names(member, search="901820") == ["Ana"]
    assert await names(member, search="901830") == []


async def test_words_as_typed_come_before_words_with_an_error(member):
    for name in ("Anja", "Jon Adams", "John Brown", "Jon Zed", "Johan"):
        await make_contact(member, name)

    assert await names(member, search="jon") == ["Jon Adams", "Jon Zed", "John Brown"]


async def test_pages_go_from_exact_to_near_without_gap_or_repeat(member, housemate):
    for number in range(3):
        await make_contact(member, f"Jon {number}")
        await make_contact(housemate, f"John {number}", visibility="household")
    seen, cursor = [], None

    for _ in range(6):
        page = (
            await service.list_contacts(
                member.scope, ContactListQuery(search="jon", limit=1, cursor=cursor), now=MONDAY
            )
        ).read()
        seen += [contact.name for contact in page.items]
        cursor = page.next_cursor

    assert cursor is None
    assert seen == ["Jon 0", "Jon 1", "Jon 2", "John 0", "John 1", "John 2"]


async def test_a_contact_added_between_pages_neither_repeats_nor_hides_another(member):
    for name in ("Jon 1", "John 1", "John 3"):
        await make_contact(member, name)
    query = {"search": "jon", "limit": 2}
    page = (
        await service.list_contacts(
            member.scope, ContactListQuery.model_validate(query), now=MONDAY
        )
    ).read()

    await make_contact(member, "Jon 0")
    await make_contact(member, "John 2")

    assert [contact.name for contact in page.items] == ["Jon 1", "John 1"]
    assert await names(member, **query, cursor=page.next_cursor) == ["John 2", "John 3"]


async def test_a_cursor_of_a_search_is_refused_elsewhere(member):
    for name in ("John 1", "John 2"):
        await make_contact(member, name)
    page = (
        await service.list_contacts(
            member.scope, ContactListQuery(search="jon", limit=1), now=MONDAY
        )
    ).read()

    with pytest.raises(BadInput):
        await names(member, cursor=page.next_cursor)


async def test_other_conditions_hold_for_what_is_nearly_right(member, stranger):
    await make_contact(member, "John Inner", circle="inner")
    away = await make_contact(member, "John Away", circle="inner")
    await service.archive_contact(member.scope, away.id, now=MONDAY)
    await make_contact(member, "John Outer")
    await make_contact(stranger, "John Stranger", circle="inner")

    assert await names(member, search="jon", circle="inner") == ["John Inner"]


@pytest.mark.parametrize(
    "search",
    [
        "%" * 200,
        "\\" * 200,
        "z y x w v " * 20,
        "ab " * 66,
        "abcd " * 40,
        "x" * 200,
        "_%_ ''; --",
        "()[]*+?",
    ],
)
async def test_no_search_is_a_trap(member, search):
    await make_contact(member, "Ana " + "y" * 250, emails=[{"value": f"{'z' * 300}@example.org"}])

    assert await names(member, search=search) == []


async def test_a_search_takes_two_statements_at_most(member, statements):
    await make_contact(member, "John Smith")
    statements.clear()

    assert await names(member, search="jon smth") == ["John Smith"]
    assert len(statements) == 2
