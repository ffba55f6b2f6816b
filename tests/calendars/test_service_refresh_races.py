import asyncio
from datetime import timedelta

import pytest

from server import db
from server.calendars import queries_connections, service_events, service_links, service_refresh
from server.calendars.schemas import ConnectionPatch, EventsQuery
from server.keys.envelope import DecryptError
from server.outbound import fetch
from tests.calendars.links import PATH, add, calendar_server, link, serve
from tests.calendars.texts import calendar, event
from tests.times import MONDAY

LATER = MONDAY + timedelta(hours=1)
DINNER = event("DTSTART:20260310T180000Z", "DTEND:20260310T190000Z", "SUMMARY:Dinner", uid="dinner")
LUNCH = event("DTSTART:20260311T120000Z", "DTEND:20260311T130000Z", "SUMMARY:Lunch", uid="lunch")


@pytest.fixture
async def fake(monkeypatch):
    async with calendar_server(monkeypatch) as server:
        serve(server, calendar(DINNER))
        yield server


async def titles(member):
    query = EventsQuery(**{"from": "2026-03-01", "to": "2026-04-01"})
    return [item.title for item in (await service_events.list_events(member.scope, query)).items]


async def test_two_workers_fetch_each_link_once(member, fake):
    for number in range(6):
        serve(fake, calendar(DINNER), path=f"/{number}.ics")
        await add(member, fake, path=f"/{number}.ics")
    fake.requests.clear()

    tried = await asyncio.gather(
        *(service_refresh.refresh_due(clock=lambda: LATER) for _ in range(3))
    )

    assert sum(tried) == len(fake.requests) == 6


async def test_worker_that_dies_leaves_the_link_due_again(member, fake, monkeypatch):
    await add(member, fake)

    async def dies(_link, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "fetch", dies)
        with pytest.raises(KeyboardInterrupt):
            await service_refresh.refresh_link(await _claim(), limit_s=1, now=LATER)

    assert await service_refresh.refresh_due(clock=lambda: LATER + timedelta(minutes=9)) == 0
    assert await service_refresh.refresh_due(clock=lambda: LATER + timedelta(minutes=11)) == 1


async def _claim():
    return await queries_connections.claim_due_of_server(
        until=LATER + service_refresh.LEASE, now=LATER
    )


async def test_link_that_breaks_keeps_no_other_waiting(member, fake):
    broken = await add(member, fake)
    serve(fake, calendar(LUNCH), path="/other.ics")
    await add(member, fake, path="/other.ics")
    await db.execute(
        "UPDATE calendar_connections SET credential = '\\x00' WHERE id = $1", broken.id
    )
    fake.requests.clear()

    with pytest.raises(DecryptError):
        await service_refresh.refresh_due(clock=lambda: LATER)

    assert len(fake.requests) == 1


async def test_link_that_is_removed_meanwhile_stays_removed(member, fake):
    added = await add(member, fake)

    async def removed_meanwhile(writer):
        await service_links.delete_connection(member.scope, added.id, expected=None, now=MONDAY)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + calendar(LUNCH).encode())

    fake.answers[PATH] = removed_meanwhile
    await service_refresh.refresh_due(clock=lambda: LATER)

    assert await db.fetch_value("SELECT count(*) FROM calendar_events") == 0


async def test_reply_of_the_old_link_is_not_stored_under_the_new_one(member, fake):
    added = await add(member, fake)
    serve(fake, calendar(LUNCH), path="/new.ics")

    async def changed_meanwhile(writer):
        patch = ConnectionPatch(url=link(fake, "/new.ics"))
        await service_links.patch_connection(
            member.scope, added.id, patch, expected=None, now=LATER
        )
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + calendar(DINNER, DINNER).encode())

    fake.answers[PATH] = changed_meanwhile
    await service_refresh.refresh_due(clock=lambda: LATER)

    assert await titles(member) == ["Lunch"]


async def test_a_link_that_is_claimed_late_has_a_whole_lease(member, fake, monkeypatch):
    for number in range(3):
        serve(fake, calendar(DINNER), path=f"/{number}.ics")
        await add(member, fake, path=f"/{number}.ics")
    at = [LATER]
    leases: list[timedelta] = []

    async def refresh(row, **_):
        until = await db.fetch_value(
            "SELECT next_refresh_at FROM calendar_connections WHERE id = $1", row["id"]
        )
        leases.append(until - at[0])
        at[0] += timedelta(minutes=3)

    monkeypatch.setattr(service_refresh, "AT_ONCE", 1)
    monkeypatch.setattr(service_refresh, "refresh_link", refresh)

    await service_refresh.refresh_due(clock=lambda: at[0])

    assert leases == [service_refresh.LEASE] * 3
