from uuid import uuid4

import pytest

from server import config, db


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
    monkeypatch.setenv("PORT", "3000")
    config.settings.cache_clear()
    headers = {**member.headers, "Host": "box.lan:8080"}
    reply = await client.post("/api/feeds", headers=headers, json={"name": "Phone"})
    monkeypatch.undo()
    config.settings.cache_clear()

    assert (await reply.get_json())["url"].startswith(f"http://{host}/feeds/")


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


async def test_a_foreign_feed_is_not_found(client, stranger, make):
    address = f"/api/feeds/{(await make())['id']}"
    for act in (client.get, client.delete):
        assert (await act(address, headers=stranger.headers)).status_code == 404
    assert (await client.get(f"/api/feeds/{uuid4()}", headers=stranger.headers)).status_code == 404
