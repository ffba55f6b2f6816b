from datetime import timedelta
from uuid import UUID

import pytest

from server import storage
from server.errors import ProviderError
from server.keys import objects
from server.keys.objects import Place
from server.lib.clock import utc_now
from server.lib.ids import uuid7

CONTENT = b"a picture of Ana"


@pytest.fixture
def place(database):
    return Place("photos", uuid7(), uuid7())


@pytest.fixture(autouse=True)
async def empty_store(database):
    """The store of the run is shared: begin without objects."""
    found = storage.list_older("photos/", before=utc_now() + timedelta(days=1))
    async for names in found:
        await storage.delete(names)


async def knows(*places):
    async def known(ids: list[UUID]) -> set[UUID]:
        return {place.id for place in places} & set(ids)

    return known


async def test_what_was_put_opens_with_its_key(place):
    key = await objects.put(place, CONTENT)

    assert await objects.get(place, key) == CONTENT


async def test_the_store_sees_neither_content_nor_key(place):
    key = await objects.put(place, CONTENT)

    stored = await storage.get(place.name) or b""
    assert CONTENT not in stored
    assert bytes.fromhex(key) not in stored


async def test_name_says_the_household_and_nothing_else(place):
    assert place.name == f"photos/{place.household_id}/{place.id}"


async def test_each_object_has_a_key_of_its_own(place):
    assert await objects.put(place, CONTENT) != await objects.put(place, CONTENT)


async def test_object_that_is_gone_is_none(place):
    key = await objects.put(place, CONTENT)
    await objects.delete([place])

    assert await objects.get(place, key) is None


@pytest.mark.parametrize(
    "change", [lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), lambda blob: b"", bytes.upper]
)
async def test_changed_object_is_a_provider_error(place, change):
    key = await objects.put(place, CONTENT)
    await storage.put(place.name, change(await storage.get(place.name) or b""))

    with pytest.raises(ProviderError) as caught:
        await objects.get(place, key)
    assert caught.value.code == "object_damaged"


async def test_object_of_another_household_does_not_open(place):
    key = await objects.put(place, CONTENT)
    other = Place("photos", uuid7(), place.id)
    await storage.put(other.name, await storage.get(place.name) or b"")

    with pytest.raises(ProviderError):
        await objects.get(other, key)


async def test_sweep_deletes_what_no_row_names(place):
    kept = Place("photos", place.household_id, uuid7())
    await objects.put(place, CONTENT)
    await objects.put(kept, CONTENT)

    swept = await objects.sweep("photos", await knows(kept), now=utc_now() + timedelta(days=2))

    assert swept == 1
    assert await storage.get(place.name) is None
    assert await storage.get(kept.name) is not None


async def test_sweep_leaves_what_may_still_get_its_row(place):
    await objects.put(place, CONTENT)

    swept = await objects.sweep("photos", await knows(), now=utc_now() + timedelta(hours=23))

    assert swept == 0


async def test_sweep_leaves_what_is_not_ours(database):
    await storage.put("photos/holiday.jpg", b"x")

    assert await objects.sweep("photos", await knows(), now=utc_now() + timedelta(days=9)) == 0
