from datetime import timedelta
from uuid import uuid4

import icalendar
import pytest

from server import config, db
from server.lib.clock import utc_now
from tests.rows import insert_contact, insert_suggestion

TOMORROW = utc_now().replace(microsecond=0) + timedelta(days=1)


@pytest.fixture
def make(client, member):
    async def send(**fields):
        reply = await client.post(
            "/api/feeds", headers=member.headers, json={"name": "Phone", **fields}
        )
        assert reply.status_code == 201
        return await reply.get_json()

    return send


def path_of(feed):
    return "/feeds/" + feed["url"].rsplit("/", 1)[1]


@pytest.fixture
def read(client):
    async def send(feed, **headers):
        return await client.get(path_of(feed), headers=headers)

    return send


@pytest.fixture
def titles(read):
    async def send(feed):
        file = await (await read(feed)).get_data()
        events = icalendar.Calendar.from_ical(file).walk("VEVENT")
        return [str(event["SUMMARY"]) for event in events]

    return send


@pytest.fixture
async def suggested(member):
    contact = await insert_contact(member, name="Nora")
    return await insert_suggestion(member, contact, slot_start=TOMORROW)


async def test_the_address_is_told_once(client, member, make):
    feed = await make()

    reply = await client.get("/api/feeds", headers=member.headers)

    (listed,) = (await reply.get_json())["items"]
    assert listed == {name: value for name, value in feed.items() if name != "url"}


async def test_the_token_has_256_bits_and_is_not_in_the_database(make):
    token = (await make())["url"].rsplit("/", 1)[1].removesuffix(".ics")

    rows = await db.fetch("SELECT f::text AS text, token_hash FROM feeds f")
    assert len(token) == len("cuf_") + 43
    assert token not in rows[0]["text"]
    assert len(rows[0]["token_hash"]) == 32


async def test_the_address_starts_with_the_public_url(make, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://catchup.example.org/")
    config.settings.cache_clear()
    feed = await make()
    monkeypatch.undo()
    config.settings.cache_clear()

    assert feed["url"].startswith("https://catchup.example.org/feeds/cuf_")


@pytest.mark.parametrize(
    ("mode", "host"), [("production", "127.0.0.1:3000"), ("development", "box.lan:8080")]
)
async def test_only_in_development_the_request_says_where_we_are(
    client, member, monkeypatch, mode, host
):
    monkeypatch.setenv("APP_ENV", mode)
    config.settings.cache_clear()
    headers = {**member.headers, "Host": "box.lan:8080"}
    reply = await client.post("/api/feeds", headers=headers, json={"name": "Phone"})
    monkeypatch.undo()
    config.settings.cache_clear()

    assert (await reply.get_json())["url"].startswith(f"http://{host}/feeds/")


async def test_a_feed_is_a_calendar(make, read, suggested):
    reply = await read(await make())

    assert (reply.status_code, reply.headers["Content-Type"]) == (
        200,
        "text/calendar; charset=utf-8",
    )
    assert reply.headers["Cache-Control"] == "private, no-cache"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
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


async def test_a_change_of_detail_keeps_the_address(client, member, make, titles, suggested):
    feed = await make()
    headers = {**member.headers, "If-Match": '"1"'}

    reply = await client.patch(
        f"/api/feeds/{feed['id']}", headers=headers, json={"detail": "hidden"}
    )

    assert (await reply.get_json())["version"] == 2
    assert await titles(feed) == ["Catch up?"]


@pytest.mark.parametrize("act", ["patch", "delete"])
async def test_a_change_of_another_version_is_412(client, member, make, act):
    address = f"/api/feeds/{(await make())['id']}"
    headers = {**member.headers, "If-Match": '"7"'}
    body = {"json": {"name": "Desk"}} if act == "patch" else {}

    reply = await getattr(client, act)(address, headers=headers, **body)

    assert reply.status_code == 412


async def test_a_revoked_feed_is_gone_like_one_that_never_was(client, member, make, read):
    feed = await make()
    address = f"/api/feeds/{feed['id']}"

    assert (await client.delete(address, headers=member.headers)).status_code == 204

    gone, never = await read(feed), await client.get("/feeds/cuf_never.ics")
    bodies = []
    for reply in (gone, never):
        request_id = reply.headers.pop("X-Request-ID").encode()
        bodies.append((await reply.get_data()).replace(request_id, b""))
    assert (gone.status_code, never.status_code) == (404, 404)
    assert bodies[0] == bodies[1]
    assert dict(gone.headers) == dict(never.headers)
    assert (await client.get(address, headers=member.headers)).status_code == 404
    assert (await client.delete(address, headers=member.headers)).status_code == 404
    listed = await client.get("/api/feeds", headers=member.headers)
    assert (await listed.get_json())["items"] == []


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


async def test_a_feed_shows_its_users_own_alone(member, housemate, make, titles):
    shared = await insert_contact(housemate, name="Omar", visibility="household")
    await insert_suggestion(housemate, shared, slot_start=TOMORROW)

    assert await titles(await make()) == []


async def test_a_contact_that_is_shared_no_more_leaves_the_feed(member, housemate, make, titles):
    shared = await insert_contact(housemate, name="Omar", visibility="household")
    await insert_suggestion(member, shared, slot_start=TOMORROW)
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


async def test_the_fifty_first_feed_is_refused(client, member, make):
    for _ in range(50):
        await make()

    reply = await client.post("/api/feeds", headers=member.headers, json={"name": "One more"})

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "too_many_feeds")


async def test_feeds_come_in_pages_by_name(client, member, make):
    for name in ("phone", "Desk", "tablet"):
        await make(name=name)
    names: list[str] = []
    cursor = None
    while cursor or not names:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        reply = await client.get("/api/feeds", headers=member.headers, query_string=query)
        page = await reply.get_json()
        names += [feed["name"] for feed in page["items"]]
        cursor = page["next_cursor"]

    assert names == ["Desk", "phone", "tablet"]


async def test_no_log_line_has_the_token(client, make, read, capfd, monkeypatch):
    from server import logs
    from server.feeds import events

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


async def test_a_foreign_feed_is_not_found(client, stranger, make):
    address = f"/api/feeds/{(await make())['id']}"
    for act in (client.get, client.delete):
        assert (await act(address, headers=stranger.headers)).status_code == 404
    assert (await client.get(f"/api/feeds/{uuid4()}", headers=stranger.headers)).status_code == 404
