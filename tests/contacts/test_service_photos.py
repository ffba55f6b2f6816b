import asyncio
import io
import threading
from datetime import timedelta
from uuid import UUID

import pytest

from server import db, storage
from server.contacts import service_photos
from server.errors import BadInput, NotFound
from server.keys.envelope import DecryptError
from server.lib.clock import utc_now
from tests.contacts.factories import make_contact
from tests.pictures import picture, stored
from tests.times import MONDAY


@pytest.fixture
async def contact(member):
    return await make_contact(member)


@pytest.fixture
def put(member, contact):
    async def send(file=None):
        file = io.BytesIO(file or picture())
        return await service_photos.put_photo(
            member.scope, contact.id, file, expected=None, now=MONDAY
        )

    return send


async def sweep():
    return await service_photos.sweep(now=utc_now() + timedelta(days=2))


async def test_a_photo_replaced_while_it_is_read_comes_as_it_is_now(
    member, contact, put, monkeypatch
):
    await put()
    real, asked = storage.get, []

    async def replaced_meanwhile(name):
        asked.append(name)
        if len(asked) == 1:
            await put(picture("PNG"))
        return await real(name)

    monkeypatch.setattr(storage, "get", replaced_meanwhile)

    photo = await service_photos.get_photo(member.scope, contact.id)

    assert len(asked) == 2
    assert asked[1].endswith(str(photo.id))


async def test_an_upload_for_a_contact_that_went_meanwhile_leaves_no_object(
    member, contact, put, monkeypatch
):
    real = storage.put

    async def deleted_meanwhile(name, content):
        await real(name, content)
        await db.execute("DELETE FROM contacts")

    monkeypatch.setattr(storage, "put", deleted_meanwhile)

    with pytest.raises(NotFound):
        await put()
    assert await stored(member) == []


async def test_sweep_finds_the_photo_of_a_deleted_household(member, put):
    await put()
    await db.execute("DELETE FROM households WHERE id = $1", member.scope.household_id)
    assert len(await stored(member)) == 1

    assert await sweep() >= 1
    assert await stored(member) == []


async def test_sweep_leaves_the_photo_of_a_contact(member, put):
    await put()

    await sweep()

    assert len(await stored(member)) == 1


async def test_a_key_copied_to_another_row_does_not_open(member, contact, put):
    await put()
    other = await make_contact(member, "Other")
    await db.execute(
        """UPDATE contacts c SET photo_id = $2, photo_key = o.photo_key, photo_width = 1,
            photo_height = 1, photo_at = o.photo_at FROM contacts o
            WHERE c.id = $1 AND o.id = $3""",
        other.id,
        UUID(int=7),
        contact.id,
    )

    with pytest.raises(DecryptError):
        await service_photos.get_photo(member.scope, other.id)


async def test_one_picture_is_decoded_at_a_time_also_when_clients_hang_up(
    member, contact, put, monkeypatch
):
    started: list[object] = []
    go_on = threading.Event()

    def decode(file):
        started.append(file)
        go_on.wait(10)
        raise BadInput("no picture")

    monkeypatch.setattr("server.contacts.photos.prepare", decode)
    uploads = [asyncio.create_task(put()) for _ in range(3)]
    try:
        async with asyncio.timeout(10):
            while not started:
                await asyncio.sleep(0.01)
        for upload in uploads:
            upload.cancel()
        await asyncio.wait(uploads)
        later = asyncio.create_task(put())
        await asyncio.sleep(0.1)

        assert len(started) == 1
    finally:
        go_on.set()
    with pytest.raises(BadInput):
        await later
    assert len(started) == 2
