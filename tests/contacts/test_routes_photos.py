import asyncio
import io

import pytest
from PIL import Image
from quart.datastructures import FileStorage

from server import config, storage
from tests.contacts.factories import make_contact
from tests.factories import make_housemate
from tests.pictures import picture, stored


@pytest.fixture
async def contact(member):
    return await make_contact(member)


@pytest.fixture
def address(contact):
    return f"/api/contacts/{contact.id}/photo"


@pytest.fixture
def put(client, member, address):
    async def send(file=None, **more):
        headers = {**member.headers, **more.pop("headers", {})}
        data = picture() if file is None else file
        return await client.put(address, headers=headers, data=data, **more)

    return send


@pytest.fixture
def get(client, member, address):
    async def send(**headers):
        return await client.get(address, headers={**member.headers, **headers})

    return send


@pytest.fixture
def read(client, member, contact):
    async def send():
        reply = await client.get(f"/api/contacts/{contact.id}", headers=member.headers)
        return await reply.get_json()

    return send


async def test_a_photo_comes_back_as_a_picture_without_a_life_of_its_own(put, get):
    assert (await put()).status_code == 200

    reply = await get()

    assert Image.open(io.BytesIO(await reply.get_data())).size == (40, 30)
    assert reply.headers["Content-Type"] == "image/jpeg"
    assert reply.headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert reply.headers["Content-Disposition"] == 'inline; filename="photo.jpg"'
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert reply.headers["Content-Security-Policy"].endswith("; sandbox")
    assert reply.headers["Cache-Control"] == "private, no-cache"


async def test_the_contact_says_that_it_has_a_photo(put, get, read):
    before = await read()
    made = await (await put()).get_json()

    after = await read()

    assert (before["photo"], after["photo"]) == (None, made)
    assert (made["width"], made["height"]) == (40, 30)
    assert made["etag"] == (await get()).headers["ETag"]
    assert after["version"] == before["version"] + 1


async def test_a_list_says_so_too(client, member, put):
    made = await (await put()).get_json()

    reply = await client.get("/api/contacts", headers=member.headers)

    assert [item["photo"] for item in (await reply.get_json())["items"]] == [made]


async def test_an_edit_of_the_contact_keeps_the_photo(client, member, contact, put, read):
    made = await (await put()).get_json()

    await client.put(
        f"/api/contacts/{contact.id}", headers=member.headers, json={"name": "Someone else"}
    )

    assert (await read())["photo"] == made


async def test_a_photo_may_be_a_part_of_a_form(client, member, address, get):
    part = FileStorage(io.BytesIO(picture()), "me.jpg", content_type="image/jpeg")

    reply = await client.put(address, headers=member.headers, files={"file": part})

    assert reply.status_code == 200
    assert (await get()).status_code == 200


async def test_who_has_the_photo_gets_304(put, get):
    await put()
    tag = (await get()).headers["ETag"]

    reply = await get(**{"If-None-Match": f'"other", W/{tag}'})

    assert (reply.status_code, await reply.get_data()) == (304, b"")
    assert reply.headers["ETag"] == tag
    assert reply.headers["Cache-Control"] == "private, no-cache"


async def test_another_photo_has_another_etag_and_leaves_one_object(member, put, get):
    await put()
    tag = (await get()).headers["ETag"]

    await put(picture("PNG"))

    assert (await get(**{"If-None-Match": tag})).status_code == 200
    assert len(await stored(member)) == 1


async def test_head_answers_the_headers_alone(client, member, put, get, address):
    await put()

    reply = await client.head(address, headers=member.headers)

    same = {"ETag", "Content-Type", "Content-Length"}
    seen = await get()
    assert reply.status_code == 200
    assert {n: reply.headers[n] for n in same} == {n: seen.headers[n] for n in same}


async def test_a_deleted_photo_is_gone_from_row_and_store(client, member, put, get, read, address):
    await put()
    version = (await read())["version"]

    assert (await client.delete(address, headers=member.headers)).status_code == 204

    assert (await get()).status_code == 404
    assert ((await read())["photo"], (await read())["version"]) == (None, version + 1)
    assert await stored(member) == []


async def test_a_contact_without_a_photo_has_none_to_give_or_delete(client, member, get, address):
    assert (await get()).status_code == 404
    assert (await get(**{"If-None-Match": "*"})).status_code == 404
    assert (await client.delete(address, headers=member.headers)).status_code == 404


async def test_a_deleted_contact_takes_its_photo_along(client, member, contact, put):
    await put()

    await client.delete(f"/api/contacts/{contact.id}", headers=member.headers)

    assert await stored(member) == []


async def test_the_photo_that_was_seen_may_be_replaced(put, get):
    await put()
    tag = (await get()).headers["ETag"]

    assert (await put(headers={"If-Match": tag})).status_code == 200
    assert (await put(headers={"If-Match": tag})).status_code == 412


@pytest.mark.parametrize("tag", ['"3"', '"00000000-0000-0000-0000-000000000000"', "x"])
async def test_a_foreign_tag_changes_nothing(client, member, put, address, tag):
    await put()
    before = await stored(member)
    headers = {**member.headers, "If-Match": tag}

    assert (await put(headers=headers)).status_code == 412
    assert (await client.delete(address, headers=headers)).status_code == 412
    assert await stored(member) == before


async def test_of_many_who_replace_what_they_saw_one_wins(member, put, get):
    await put()
    tag = (await get()).headers["ETag"]

    replies = await asyncio.gather(*(put(headers={"If-Match": tag}) for _ in range(20)))

    assert sorted(reply.status_code for reply in replies) == [200] + [412] * 19
    assert len(await stored(member)) == 1


async def test_of_many_who_just_put_the_last_stays_alone(member, put, get, read):
    replies = await asyncio.gather(*(put() for _ in range(20)))

    assert {reply.status_code for reply in replies} == {200}
    assert (await read())["photo"]["etag"] == (await get()).headers["ETag"]
    assert len(await stored(member)) == 1


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("image/png", 200),
        ("application/octet-stream", 200),
        ("image/svg+xml", 415),
        ("text/html", 415),
        ("application/json", 415),
        ("image/heic", 415),
    ],
)
async def test_only_what_says_to_be_a_picture_is_looked_at(put, content_type, status):
    assert (await put(headers={"Content-Type": content_type})).status_code == status


async def test_what_is_no_picture_is_refused_and_stored_nowhere(member, put, read):
    reply = await put(b"<svg onload=alert(1)>")

    assert (reply.status_code, (await reply.get_json())["code"]) == (400, "not_an_image")
    assert (await read())["photo"] is None
    assert await stored(member) == []


async def test_nothing_is_no_picture(put):
    reply = await put(b"")

    assert (reply.status_code, (await reply.get_json())["code"]) == (400, "file_missing")


async def test_a_file_over_ten_megabytes_is_413(put):
    assert (await put(picture() + b"\0" * 10 * 2**20)).status_code == 413


async def test_a_housemate_sees_and_changes_the_photo_of_a_shared_contact(client, member):
    housemate = await make_housemate(member)
    shared = await make_contact(member, visibility="household")
    address = f"/api/contacts/{shared.id}/photo"

    made = await client.put(address, headers=housemate.headers, data=picture())
    seen = await client.get(address, headers=member.headers)

    assert (made.status_code, seen.status_code) == (200, 200)


async def test_a_store_that_is_down_is_502_and_changes_nothing(
    client, member, put, get, read, address, monkeypatch
):
    await put()
    before = await read()
    monkeypatch.setenv("STORAGE_URL", "s3://bucket")
    monkeypatch.setenv("STORAGE_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("STORAGE_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("STORAGE_SECRET_ACCESS_KEY", "b")
    config.settings.cache_clear()

    replies = [await put(), await get()]

    codes = [(await reply.get_json())["code"] for reply in replies]
    assert [reply.status_code for reply in replies] == [502, 502]
    assert codes == ["storage_unavailable"] * 2
    assert await read() == before
    # The row is the truth: deleting needs no store.
    assert (await client.delete(address, headers=member.headers)).status_code == 204
    monkeypatch.undo()
    config.settings.cache_clear()


async def test_a_photo_that_the_store_lost_says_so(member, put, get):
    await put()
    await storage.delete(await stored(member))

    reply = await get()

    assert (reply.status_code, (await reply.get_json())["code"]) == (502, "object_missing")
