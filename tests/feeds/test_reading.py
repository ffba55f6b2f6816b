from datetime import timedelta

import icalendar
import pytest

from server import db, logs
from server.feeds import events
from server.lib.clock import utc_now
from tests.feeds.addresses import path_of
from tests.rows import insert_contact, insert_suggestion


async def test_a_feed_is_a_calendar(make, read, suggested):
    reply = await read(await make())

    assert (reply.status_code, reply.headers["Content-Type"]) == (
        200,
        "text/calendar; charset=utf-8",
    )
    assert reply.headers["Cache-Control"] == "private, no-cache"
    assert reply.headers.getlist("Referrer-Policy") == ["no-referrer"]
    assert reply.headers["Last-Modified"]
    assert b"SUMMARY:Call Nora?\r\n" in await reply.get_data()


async def test_an_accepted_suggestion_shows_at_once(client, member, make, titles, suggested):
    feed = await make(include_pending=False)
    before = await titles(feed)

    await client.post(f"/api/suggestions/{suggested}/accept", headers=member.headers)

    assert (before, await titles(feed)) == ([], ["Call Nora"])


@pytest.mark.parametrize(
    ("act", "body"), [("dismiss", {"reason": "bad_timing"}), ("snooze", {"days": 3})]
)
async def test_what_is_put_off_or_refused_leaves_the_feed(
    client, member, make, titles, suggested, act, body
):
    feed = await make()
    before = await titles(feed)

    await client.post(f"/api/suggestions/{suggested}/{act}", headers=member.headers, json=body)

    assert (before, await titles(feed)) == (["Call Nora?"], [])


async def test_the_event_keeps_its_uid_and_rises_in_sequence(client, member, make, read, suggested):
    feed = await make()
    seen = []
    for _ in range(2):
        file = await (await read(feed)).get_data()
        (event,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
        seen.append((str(event["UID"]), event["SEQUENCE"]))
        await client.post(f"/api/suggestions/{suggested}/accept", headers=member.headers)

    assert seen == [(f"{suggested}@catchup", 0), (f"{suggested}@catchup", 1)]


async def test_what_is_unchanged_is_304(make, read, suggested):
    feed = await make()
    tag = (await read(feed)).headers["ETag"]

    reply = await read(feed, **{"If-None-Match": f"W/{tag}"})

    assert (reply.status_code, await reply.get_data()) == (304, b"")
    assert reply.headers["ETag"] == tag


async def test_what_has_changed_is_not_304(client, member, make, read, suggested):
    feed = await make()
    tag = (await read(feed)).headers["ETag"]
    await client.post(f"/api/suggestions/{suggested}/accept", headers=member.headers)

    assert (await read(feed, **{"If-None-Match": tag})).status_code == 200


async def test_a_read_is_written_down_once_an_hour(make, read, statements):
    feed = await make()
    await read(feed)
    statements.clear()

    await read(feed)

    assert len(statements) == 2
    assert await db.fetch_value("SELECT last_read_at FROM feeds") is not None


async def test_a_feed_that_hides_names_names_nobody(make, read, suggested):
    feed = await make(detail="hidden")

    file = await (await read(feed)).get_data()

    assert b"SUMMARY:Catch up?\r\n" in file
    assert b"Nora" not in file


async def test_a_disabled_user_has_no_feed(member, make, read):
    feed = await make()
    await db.execute("UPDATE users SET disabled_at = now() WHERE id = $1", member.scope.user_id)

    assert (await read(feed)).status_code == 404


@pytest.mark.parametrize(
    "path", ["x.ics", ".ics", "%00.ics", "%F0%9F.ics", "cuf_%20.ics", "x" * 5000 + ".ics", "x"]
)
async def test_no_address_breaks_the_server(client, database, path):
    reply = await client.get(f"/feeds/{path}")

    assert reply.status_code == 404


async def test_a_feed_shows_its_users_own_alone(member, housemate, make, titles, tomorrow):
    shared = await insert_contact(housemate, name="Omar", visibility="household")
    await insert_suggestion(housemate, shared, slot_start=tomorrow)

    assert await titles(await make()) == []


async def test_a_contact_that_is_shared_no_more_leaves_the_feed(
    member, housemate, make, titles, tomorrow
):
    shared = await insert_contact(housemate, name="Omar", visibility="household")
    await insert_suggestion(member, shared, slot_start=tomorrow)
    feed = await make()
    before = await titles(feed)

    await db.execute("UPDATE contacts SET visibility = 'private'")

    assert (before, await titles(feed)) == (["Call Omar?"], [])


@pytest.mark.parametrize(("days_ago", "expected"), [(3, ["Call Nora"]), (40, [])])
async def test_a_confirmed_talk_stays_for_a_month(member, make, titles, days_ago, expected):
    contact = await insert_contact(member, name="Nora")
    start = utc_now() - timedelta(days=days_ago)
    await insert_suggestion(
        member, contact, slot_start=start, state="confirmed", closed_at=utc_now()
    )

    assert await titles(await make()) == expected


async def test_no_log_line_has_the_token(client, make, read, capfd, monkeypatch):
    feed = await make()
    token = feed["url"].rsplit("/", 1)[1].removesuffix(".ics")
    logs.configure("debug")
    await read(feed)
    await client.get(f"/feeds/{token}.ics/")
    await client.post(path_of(feed))
    await client.get(f"/feeds/{token}")
    monkeypatch.setattr(events, "calendar_of", lambda *_a, **_k: int(f"broken {token}"))
    assert (await read(feed)).status_code == 500
    logs.configure("error")

    written = capfd.readouterr().err
    assert written.count('"event": "request"') == 5
    assert '"route": "/feeds/<token>.ics"' in written
    assert token not in written
