import pytest

from server.calendars import service as calendars
from server.contacts import service as contacts
from server.contacts.schemas import ContactListQuery
from server.demo import household, script
from server.errors import Conflict
from server.lib.paging import ShortListQuery
from server.suggestions import service as suggestions
from server.suggestions.schemas import SuggestionQuery
from server.users import service as users
from tests.factories import PASSWORD
from tests.times import MONDAY


async def listed(scope, **query):
    page = await contacts.list_contacts(scope, ContactListQuery(**query), now=MONDAY)
    return page.read()


@pytest.mark.parametrize("place", [0, 1])
async def test_each_member_of_the_demo_has_people_a_calendar_and_suggestions(database, place):
    await household.make(PASSWORD, now=MONDAY)
    member = script.read().members[place]
    scope = await users.find_scope(member["email"])

    mine = script.read().part_of(member)
    states = [
        suggestion.state
        for state in ("pending", "accepted", "snoozed")
        for suggestion in (
            await suggestions.list_suggestions(scope, SuggestionQuery(state=state), now=MONDAY)
        ).items
    ]

    names = {contact.name for contact in (await listed(scope, archived="all")).items}
    assert names >= {person["name"] for person in mine.contacts}
    assert states.count("pending") >= 1
    assert {"accepted", "snoozed"} <= set(states)
    assert len((await calendars.list_calendars(scope, ShortListQuery())).items) == 1


async def test_the_first_member_is_admin_and_the_second_shares_their_household(database):
    first, second = await household.make(PASSWORD, now=MONDAY)

    assert (first.server_role, second.server_role) == ("admin", "member")
    assert first.household_id == second.household_id


async def test_a_demo_that_is_there_stays_as_it_is(database):
    await household.make(PASSWORD, now=MONDAY)
    scope = await users.find_scope("mara@demo.example")
    before = await listed(scope)

    await household.make("another password", now=MONDAY)

    assert await listed(scope) == before


async def test_a_server_with_users_of_its_own_gets_no_demo(member):
    with pytest.raises(Conflict) as refused:
        await household.make(PASSWORD, now=MONDAY)

    assert refused.value.code == "not_empty"


async def test_a_demo_that_breaks_off_leaves_nothing(database, monkeypatch):
    async def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("server.calendars.service_import.import_file", fail)

    with pytest.raises(ZeroDivisionError):
        await household.make(PASSWORD, now=MONDAY)
    assert await users.list_users() == []
