import asyncio

import pytest

from server import db
from server.calendars import service_links
from server.errors import BadInput, Conflict
from tests.calendars.links import add, calendar_server, serve
from tests.calendars.texts import calendar, event

DINNER = event("DTSTART:20260310T180000Z", "DTEND:20260310T190000Z", "SUMMARY:Dinner", uid="dinner")
LUNCH = event("DTSTART:20260311T120000Z", "DTEND:20260311T130000Z", "SUMMARY:Lunch", uid="lunch")


@pytest.fixture
async def fake(monkeypatch):
    async with calendar_server(monkeypatch) as server:
        serve(server, calendar(DINNER))
        yield server


async def test_the_same_link_asked_for_at_once_is_added_once(member, fake):
    done = await asyncio.gather(*(add(member, fake) for _ in range(8)), return_exceptions=True)

    assert sorted(type(each).__name__ for each in done) == ["Conflict"] * 7 + ["ConnectionOut"]


async def test_links_have_an_end(member, fake, monkeypatch):
    monkeypatch.setattr(service_links, "MAX_LINKS", 1)
    await add(member, fake)
    serve(fake, calendar(LUNCH), path="/other.ics")

    with pytest.raises(Conflict) as caught:
        await add(member, fake, path="/other.ics")

    assert caught.value.code == "too_many_links"


async def test_link_that_does_not_work_is_not_stored(member, fake):
    serve(fake, b"<html>Sign in</html>")

    with pytest.raises(BadInput) as caught:
        await add(member, fake)

    assert [(e.field, e.code) for e in caught.value.fields] == [("url", "web_page")]
    assert await db.fetch_value("SELECT count(*) FROM calendar_connections") == 0
