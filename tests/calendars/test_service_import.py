from io import BytesIO

from server.calendars import service, service_import
from server.calendars.schemas import ImportQuery
from server.lib.paging import ShortListQuery
from server.lib.uploads import Upload
from tests.calendars.texts import calendar, event
from tests.times import MONDAY

CHOIR = calendar(event("DTSTART:20260310T180000Z", "DURATION:PT1H", uid="choir"))
CHESS = calendar(event("DTSTART:20260311T180000Z", "DURATION:PT1H", uid="chess"))


async def load(member, text, name=None, **query):
    upload = Upload(BytesIO(text.encode()), name)
    return await service_import.import_file(member.scope, upload, ImportQuery(**query), now=MONDAY)


async def names(member):
    return [
        each.name for each in (await service.list_calendars(member.scope, ShortListQuery())).items
    ]


async def test_two_files_without_a_name_are_two_calendars(member):
    await load(member, CHOIR)

    second = await load(member, CHESS)

    assert (second.created, second.removed) == (1, 0)
    assert sorted(await names(member)) == ["Imported calendar", "Imported calendar 2"]


async def test_second_import_of_either_changes_nothing(member):
    await load(member, CHOIR)
    await load(member, CHESS)

    again = [await load(member, text) for text in (CHOIR, CHESS)]

    assert [(each.unchanged, each.created, each.removed) for each in again] == [(1, 0, 0)] * 2


async def test_file_that_shares_an_event_is_a_newer_state(member):
    old = event("DTSTART:20260301T180000Z", uid="old")
    await load(member, calendar(event("DTSTART:20260310T180000Z", uid="choir"), old))

    newer = await load(member, CHOIR)

    assert (newer.removed, len(await names(member))) == (1, 1)


async def test_name_that_was_asked_for_replaces_its_calendar(member):
    await service_import.import_file(
        member.scope, Upload(BytesIO(CHOIR.encode()), None), ImportQuery(name="Mine"), now=MONDAY
    )

    result = await service_import.import_file(
        member.scope, Upload(BytesIO(CHESS.encode()), None), ImportQuery(name="Mine"), now=MONDAY
    )

    assert (result.created, result.removed) == (1, 1)
