import asyncio
from datetime import datetime, timedelta
from functools import partial

import pytest

from server import db, queue
from server.calendars import service_events, service_links, service_refresh
from server.calendars.refresh_rules import GONE_AFTER, REASONS
from server.calendars.schemas import EventsQuery
from server.outbound import fetch
from server.outbound.fetch import FetchFailed
from tests.calendars.links import add, calendar_server, serve
from tests.calendars.texts import calendar, event
from tests.owned import fingerprint
from tests.times import MONDAY

LATER = MONDAY + timedelta(hours=1)
DINNER = event("DTSTART:20260310T180000Z", "DTEND:20260310T190000Z", "SUMMARY:Dinner", uid="dinner")
LUNCH = event("DTSTART:20260311T120000Z", "DTEND:20260311T130000Z", "SUMMARY:Lunch", uid="lunch")
TABLES = ("calendars", "calendar_events", "calendar_occurrences", "audit_entries")


@pytest.fixture
async def fake(monkeypatch):
    async with calendar_server(monkeypatch) as server:
        serve(server, calendar(DINNER))
        yield server


async def state_of(member, connection):
    return await service_links.get_connection(member.scope, connection.id)


async def titles(member):
    query = EventsQuery(**{"from": "2026-03-01", "to": "2026-04-01"})
    return [item.title for item in (await service_events.list_events(member.scope, query)).items]


async def contents():
    found = await fingerprint()
    return {name: found[name] for name in TABLES}


async def test_link_is_read_when_it_is_added(member, fake):
    added = await add(member, fake)

    assert (added.state, added.calendars, added.events, added.unreadable_events) == (
        "active",
        1,
        1,
        0,
    )
    assert await titles(member) == ["Dinner"]


async def test_link_and_upload_store_the_same(client, member, fake):
    await add(member, fake)
    await client.post("/api/calendars/import", data=calendar(DINNER), headers=member.headers)

    rows = await db.fetch("SELECT uid, component_sha256, first_start FROM calendar_events")

    assert len(rows) == 2
    assert rows[0] == rows[1]


async def test_malformed_event_is_left_out_and_counted(member, fake):
    serve(fake, calendar(DINNER, event("SUMMARY:No start")))

    added = await add(member, fake)

    assert (added.events, added.unreadable_events) == (1, 1)


async def test_change_behind_the_link_arrives(member, fake):
    await add(member, fake)
    serve(fake, calendar(LUNCH))

    assert await service_refresh.refresh_due(clock=lambda: LATER) == 1

    assert await titles(member) == ["Lunch"]


async def test_link_is_not_due_before_half_an_hour(member, fake):
    await add(member, fake)

    assert await service_refresh.refresh_due(clock=lambda: MONDAY + timedelta(minutes=29)) == 0
    assert await service_refresh.refresh_due(clock=lambda: MONDAY + timedelta(minutes=36)) == 1


async def test_server_that_says_unchanged_is_taken_at_its_word(member, fake):
    serve(fake, calendar(DINNER), ETag='"v1"', Last_Modified="Mon, 02 Mar 2026 00:00:00 GMT")
    added = await add(member, fake)
    before = await contents()
    serve(fake, b"", status=304)

    await service_refresh.refresh_due(clock=lambda: LATER)

    assert 'If-None-Match: "v1"' in fake.requests[-1]
    assert "If-Modified-Since: Mon, 02 Mar 2026 00:00:00 GMT" in fake.requests[-1]
    after = await state_of(member, added)
    assert (after.last_synced_at, after.last_checked_at, after.version) == (LATER, LATER, 1)
    assert await contents() == before


async def test_same_bytes_change_nothing(member, fake, statements):
    await add(member, fake)
    before = await contents()
    statements.clear()

    await service_refresh.refresh_due(clock=lambda: LATER)

    assert not [s for s in statements if "calendar_events" in s or "calendar_occurrences" in s]
    assert await contents() == before


async def test_new_time_stamps_alone_change_nothing(member, fake):
    stamped = DINNER.replace("SUMMARY", "DTSTAMP:20260302T000000Z\r\nSUMMARY")
    serve(fake, calendar(stamped))
    await add(member, fake)
    before = await contents()
    serve(fake, calendar(stamped.replace("DTSTAMP:2026", "DTSTAMP:2027")))

    await service_refresh.refresh_due(clock=lambda: LATER)

    assert await contents() == before


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, b"", "not_found"),
        (410, b"", "not_found"),
        (401, b"", "forbidden"),
        (403, b"", "forbidden"),
        (500, b"", "provider_failed"),
        (429, b"", "provider_failed"),
        (204, b"", "provider_failed"),
        (200, b"<!DOCTYPE html><title>Sign in</title>", "web_page"),
        (200, b"\xef\xbb\xbf\n<html>", "web_page"),
        (200, b"{}", "not_a_calendar"),
        (200, b"", "not_a_calendar"),
        (200, calendar(DINNER).encode()[:-30], "cut_off"),
    ],
)
async def test_failure_is_told_and_the_old_events_stay(member, fake, status, body, code):
    added = await add(member, fake)
    before = await contents()
    serve(fake, body, status=status)

    await service_refresh.refresh_due(clock=lambda: LATER)

    failing = await state_of(member, added)
    assert (failing.state, failing.last_error_code) == ("failing", code)
    assert failing.last_error == REASONS[code]
    assert (failing.last_synced_at, failing.last_checked_at) == (MONDAY, LATER)
    assert await contents() == before


async def test_link_that_turns_inwards_is_refused(member, fake):
    added = await add(member, fake)
    serve(fake, b"", status=302, Location="http://169.254.169.254/latest/meta-data/")

    await service_refresh.refresh_due(clock=lambda: LATER)

    assert (await state_of(member, added)).last_error_code == "refused_address"


async def test_link_that_works_again_is_active(member, fake):
    added = await add(member, fake)
    serve(fake, b"", status=500)
    await service_refresh.refresh_due(clock=lambda: LATER)
    serve(fake, calendar(DINNER, LUNCH))

    await service_refresh.refresh_due(clock=lambda: LATER + timedelta(hours=1))

    healed = await state_of(member, added)
    assert (healed.state, healed.last_error, healed.events) == ("active", None, 2)


def _same(now: datetime) -> datetime:
    return now


async def test_failures_are_tried_less_and_less_often_until_nothing_is_there(member, fake):
    added = await add(member, fake)
    serve(fake, b"", status=404)
    waits, now = [], LATER
    while (at := (await state_of(member, added)).next_refresh_at) is not None:
        now = max(now, at)
        await service_refresh.refresh_due(clock=partial(_same, now))
        due = (await state_of(member, added)).next_refresh_at
        waits.append(round((due - now) / timedelta(hours=1)) if due else None)

    assert len(waits) == GONE_AFTER
    assert waits[1:] == [1, 2, 4, 8, 16, 24, None]
    paused = await state_of(member, added)
    assert (paused.state, paused.events) == ("paused", 1)


async def test_paused_link_wakes_up_when_it_is_asked_for(member, fake):
    added = await add(member, fake)
    await db.execute(
        """UPDATE calendar_connections SET next_refresh_at = NULL, failures = 8,
            last_error_code = 'not_found'"""
    )

    woken = await service_links.refresh_connection(member.scope, added.id, now=LATER)

    assert woken.state == "active"
    assert woken.next_refresh_at is not None


async def test_refresh_now_fetches_at_most_every_half_minute(member, fake):
    added = await add(member, fake)

    await service_links.refresh_connection(member.scope, added.id, now=LATER)
    soon = LATER + timedelta(seconds=29)
    await asyncio.gather(
        *(service_links.refresh_connection(member.scope, added.id, now=soon) for _ in range(5))
    )

    assert len(fake.requests) == 2


async def test_fetching_holds_no_connection_of_the_database(member, fake, monkeypatch):
    await add(member, fake)
    inside = []

    async def looked_at(_link, **_options):
        inside.append(db.engine().current_transaction.get())
        raise FetchFailed("unreachable")

    monkeypatch.setattr(fetch, "fetch", looked_at)
    await service_refresh.refresh_due(clock=lambda: LATER)

    assert inside == [None]


async def test_change_lets_suggestions_be_looked_at_again(member, fake, monkeypatch):
    asked = []

    async def note(name, **_ids):
        asked.append(name)

    monkeypatch.setattr(queue, "enqueue", note)
    await add(member, fake)
    await service_refresh.refresh_due(clock=lambda: LATER)
    assert asked == ["suggest_to_user"]
    serve(fake, calendar(LUNCH))

    await service_refresh.refresh_due(clock=lambda: LATER + timedelta(hours=1))

    assert asked == ["suggest_to_user"] * 2
