import asyncio

import pytest

from server import db
from server.calendars import service_links
from server.calendars.schemas import ConnectionPatch
from server.errors import BadInput, Conflict
from tests.calendars.links import add, calendar_server, link, serve
from tests.calendars.texts import calendar, event
from tests.times import MONDAY

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


@pytest.mark.parametrize("column", ["credential", "sync_state"])
async def test_link_that_cannot_be_decrypted_is_listed_as_such_and_can_be_given_anew(
    client, member, fake, column
):
    broken = await add(member, fake)
    serve(fake, calendar(LUNCH), path="/other.ics")
    other = await add(member, fake, path="/other.ics")
    await db.execute(f"UPDATE calendar_connections SET {column} = '\\x00' WHERE id = $1", broken.id)

    reply = await client.get("/api/calendars/connections", headers=member.headers)

    assert reply.status_code == 200
    items = (await reply.get_json())["items"]
    assert [(item["id"], item["state"], item["last_error_code"]) for item in items] == [
        (str(broken.id), "error", "link_lost"),
        (str(other.id), "active", None),
    ]
    assert items[0]["url"] is None
    asked = await service_links.refresh_connection(member.scope, broken.id, now=MONDAY)
    assert asked.state == "error"
    mended = await service_links.patch_connection(
        member.scope, broken.id, ConnectionPatch(url=link(fake)), expected=None, now=MONDAY
    )
    assert (mended.state, mended.last_error_code) == ("active", None)
