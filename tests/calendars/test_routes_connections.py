import asyncio

import pytest
import structlog

from server import db
from tests.calendars.links import PATH, calendar_server, link, serve
from tests.calendars.texts import calendar, event

BASE = "/api/calendars/connections"
DINNER = event("DTSTART:20260310T180000Z", "DTEND:20260310T190000Z", "SUMMARY:Dinner", uid="dinner")
LUNCH = event("DTSTART:20260311T120000Z", "DTEND:20260311T130000Z", "SUMMARY:Lunch", uid="lunch")


@pytest.fixture
async def fake(monkeypatch):
    async with calendar_server(monkeypatch) as server:
        serve(server, calendar(DINNER, head=("X-WR-CALNAME:Ana’s days",)))
        yield server


async def call(client, member, method, path="", status=200, headers=None, **body):
    reply = await client.open(
        f"{BASE}{path}",
        method=method,
        headers=member.headers | (headers or {}),
        **({"json": body} if body else {}),
    )
    got = await reply.get_json(silent=True)
    assert reply.status_code == status, got
    return got


async def add(client, member, fake, status=201, path=PATH, **more):
    body = {"provider": "ics_link", "url": link(fake, path)} | more
    return await call(client, member, "POST", status=status, **body)


async def test_added_link_shows_its_server_alone(client, member, fake):
    added = await add(client, member, fake)

    assert added["url"] == "http://calendar.example.org/…"
    assert (added["name"], added["provider"], added["events"]) == ("Ana’s days", "ics_link", 1)


async def test_connections_are_listed_and_read(client, member, fake):
    added = await add(client, member, fake)

    listed = await call(client, member, "GET")

    assert listed["items"] == [added] == [await call(client, member, "GET", f"/{added['id']}")]


async def test_name_that_is_given_is_taken(client, member, fake):
    assert (await add(client, member, fake, name="Work"))["name"] == "Work"


async def test_nameless_calendar_is_called_as_its_server(client, member, fake):
    serve(fake, calendar(DINNER))

    assert (await add(client, member, fake))["name"] == "calendar.example.org"


@pytest.mark.parametrize("start", ["webcal://", "WEBCAL://", "https://", "webcals://"])
async def test_same_link_in_another_spelling_is_409(client, member, start):
    body = {"provider": "ics_link", "url": "https://calendar.example.org/a.ics#x"}
    await call(client, member, "POST", status=201, **body)

    body["url"] = f"{start}Calendar.Example.org:443/a.ics"
    refused = await call(client, member, "POST", status=409, **body)

    assert refused["code"] == "link_exists"


async def test_two_users_may_have_the_same_link(client, member, housemate, fake):
    await add(client, member, fake)
    await add(client, housemate, fake)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/a.ics", "refused_address"),
        ("https://[::1]/a.ics", "refused_address"),
        ("https://[::ffff:10.0.0.1]/a.ics", "refused_address"),
        ("http://169.254.169.254/latest/meta-data/", "refused_address"),
        ("http://192.168.1.1/a.ics", "refused_address"),
        ("http://[fd00:ec2::254]/", "refused_address"),
        ("webcal://10.0.0.1/a.ics", "refused_address"),
        ("http://calendar.example.org:6379/", "refused_address"),
        ("http://2130706433/", "bad_host"),
        ("http://0x7f.0.0.1/", "bad_host"),
        ("http://0177.0.0.1/", "bad_link"),
        ("ftp://example.org/a.ics", "bad_scheme"),
        ("file:///etc/passwd", "bad_link"),
        ("gopher://127.0.0.1:6379/_SET", "bad_scheme"),
    ],
)
async def test_link_inside_is_refused_naming_the_field(client, member, fake, url, code):
    refused = await call(client, member, "POST", status=400, provider="ics_link", url=url)

    assert refused["code"] == code
    assert [(e["field"], e["code"]) for e in refused["errors"]] == [("url", code)]
    assert fake.requests == []


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (404, b"", "not_found"),
        (403, b"", "forbidden"),
        (503, b"", "provider_failed"),
        (200, b"<html>", "web_page"),
    ],
)
async def test_link_that_gives_no_calendar_is_refused(client, member, fake, status, body, code):
    serve(fake, body, status=status)

    refused = await add(client, member, fake, status=400)

    assert refused["code"] == code
    assert (await call(client, member, "GET"))["items"] == []


async def test_rename_reaches_the_calendar(client, member, fake):
    added = await add(client, member, fake)

    renamed = await call(client, member, "PATCH", f"/{added['id']}", name="Home")

    reply = await client.get("/api/calendars", headers=member.headers)
    (item,) = (await reply.get_json())["items"]
    assert (renamed["name"], renamed["version"], item["name"]) == ("Home", 2, "Home")


async def test_other_link_is_read_at_once_into_the_same_calendar(client, member, fake):
    added = await add(client, member, fake)
    before = await db.fetch("SELECT id FROM calendars")
    serve(fake, calendar(LUNCH), path="/new.ics")

    await call(client, member, "PATCH", f"/{added['id']}", url=link(fake, "/new.ics"))

    assert await db.fetch("SELECT id FROM calendars") == before
    assert await db.fetch_value("SELECT uid FROM calendar_events") == "lunch"


async def test_other_link_that_does_not_work_changes_nothing(client, member, fake):
    added = await add(client, member, fake)

    patch = {"url": link(fake, "/nothing.ics"), "name": "New"}
    await call(client, member, "PATCH", f"/{added['id']}", status=400, **patch)

    assert await call(client, member, "GET", f"/{added['id']}") == added


async def test_stale_version_is_412(client, member, fake):
    added = await add(client, member, fake)
    path = f"/{added['id']}"
    await call(client, member, "PATCH", path, name="A")

    stale = {"If-Match": '"1"'}
    await call(client, member, "PATCH", path, status=412, headers=stale, name="B")
    await call(client, member, "DELETE", path, status=412, headers=stale)
    await call(client, member, "DELETE", path, status=204, headers={"If-Match": '"2"'})


async def test_fifty_edits_of_one_version_let_one_through(client, member, fake):
    added = await add(client, member, fake)

    async def edit(number):
        reply = await client.patch(
            f"{BASE}/{added['id']}",
            headers=member.headers | {"If-Match": '"1"'},
            json={"name": f"N{number}"},
        )
        return reply.status_code

    statuses = await asyncio.gather(*(edit(number) for number in range(50)))

    assert sorted(statuses) == [200] + [412] * 49


async def test_connection_takes_its_calendar_and_events_along(client, member, fake):
    added = await add(client, member, fake)

    await call(client, member, "DELETE", f"/{added['id']}", status=204)

    for table in ("calendars", "calendar_events", "calendar_occurrences"):
        assert await db.fetch_value(f"SELECT count(*) FROM {table}") == 0


async def test_removing_a_links_calendar_removes_the_link(client, member, fake):
    await add(client, member, fake)
    calendar_id = await db.fetch_value("SELECT id FROM calendars")

    await client.delete(f"/api/calendars/{calendar_id}", headers=member.headers)

    assert (await call(client, member, "GET"))["items"] == []


async def test_upload_has_no_link_to_refresh_or_change(client, member, fake):
    await client.post("/api/calendars/import", data=calendar(DINNER), headers=member.headers)
    (upload,) = (await call(client, member, "GET"))["items"]

    refused = await call(client, member, "POST", f"/{upload['id']}/refresh", status=409)
    await call(client, member, "PATCH", f"/{upload['id']}", status=409, url=link(fake))

    assert refused["code"] == "not_a_link"
    assert (upload["url"], upload["state"]) == (None, "active")


async def test_refresh_answers_how_it_went(client, member, fake):
    added = await add(client, member, fake)
    await db.execute("UPDATE calendar_connections SET last_checked_at = NULL")
    serve(fake, b"", status=403)

    refreshed = await call(client, member, "POST", f"/{added['id']}/refresh")

    assert (refreshed["state"], refreshed["last_error_code"]) == ("failing", "forbidden")
    assert refreshed["last_error"].startswith("The calendar's server refuses")


async def test_secret_is_neither_stored_in_the_clear_nor_said(client, member, fake, capsys):
    with structlog.testing.capture_logs() as logs:
        added = await add(client, member, fake)
        again = await add(client, member, fake, status=409)
        await db.execute("UPDATE calendar_connections SET last_checked_at = NULL")
        serve(fake, b"", status=302, Location=f"http://10.0.0.1{PATH}")
        failed = await call(client, member, "POST", f"/{added['id']}/refresh")
        refused = await call(
            client, member, "POST", status=400, provider="ics_link", url=f"http://10.0.0.1{PATH}"
        )
        wrong = await call(client, member, "POST", status=400, provider="x", url=link(fake))

    names = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [await db.fetch(f"SELECT t::text FROM {row['tablename']} t") for row in names]
    said = capsys.readouterr()
    for place in (added, again, failed, refused, wrong, logs, rows, said.out, said.err):
        assert "secret-4711" not in str(place)
