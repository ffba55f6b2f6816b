import time
from datetime import timedelta

import asyncpg
import pytest

from server import db
from server.keys import blind_index, queries_rotation, service, service_rotation
from server.keys.rotation_rules import SETTLE
from tests.keys.sealed_rows import PHONE, finish
from tests.times import MONDAY

NUMBER = "+4930123456"


async def set_phone(member, number=NUMBER, *, verified=True):
    box = await service.box(member.scope.household_id)
    values = {
        "phone": box.seal_if("users", "phone", member.scope.user_id, number),
        "phone_verified_at": MONDAY if verified else None,
        **await blind_index.columns_for(PHONE, number),
    }
    places = ", ".join(f"{name} = ${i}" for i, name in enumerate(values, 2))
    await db.execute(
        f"UPDATE users SET {places} WHERE id = $1", member.scope.user_id, *values.values()
    )


async def find(number=NUMBER):
    looked = await blind_index.digests_of(PHONE, number)
    places = " OR ".join(f"{slot} = ANY(${i})" for i, slot in enumerate(looked, 1))
    return await db.fetch_value(f"SELECT id FROM users WHERE {places}", *looked.values())


async def walk(check):
    """Rotate in steps, and see before and after each one that `check` holds."""
    await service_rotation.begin("index", now=MONDAY)
    now = MONDAY
    for _ in range(100):
        blind_index.forget()
        await check()
        more = await service_rotation.advance(now=now)
        if not more:
            now += timedelta(seconds=30)
        if not await queries_rotation.list_rotations(only_open=True):
            return
    raise AssertionError("the rotation does not end")


async def test_a_phone_is_found_by_its_number(member):
    await set_phone(member)

    assert await find() == member.scope.user_id


async def test_another_number_finds_nobody(member):
    await set_phone(member)

    assert await find("+4930123457") is None


async def test_a_digest_is_not_the_hash_of_the_number_alone(member):
    """Numbers are few: without the key anybody could try them all."""
    ring = await blind_index.ring()

    digests = {key.digest(PHONE, NUMBER) for key in ring}
    other = blind_index.IndexKey(ring[0].id, 1, "active", bytes(32)).digest(PHONE, NUMBER)

    assert other not in digests


async def test_a_phone_that_goes_takes_its_digests_along(member):
    await set_phone(member)

    await set_phone(member, None)

    assert await find() is None


async def test_a_phone_is_found_at_every_step_of_a_rotation(member):
    await set_phone(member)

    async def found():
        assert await find() == member.scope.user_id

    await walk(found)
    await found()


async def test_no_two_users_have_one_number_at_any_step_of_a_rotation(member, stranger):
    await set_phone(member)

    async def refused():
        with pytest.raises(asyncpg.UniqueViolationError):
            await set_phone(stranger)

    await walk(refused)
    await refused()


@pytest.mark.parametrize("rotations", [1, 2])
async def test_after_a_rotation_only_the_new_keys_digest_is_left(member, rotations):
    await set_phone(member)
    for _ in range(rotations):
        await service_rotation.begin("index", now=MONDAY)
        await finish(MONDAY)

    row = await db.fetch_row("SELECT phone_index_key_id, phone_index_2_key_id FROM users")
    active = await db.fetch_value(
        "SELECT id FROM key_ring WHERE purpose = 'index' AND state = 'active'"
    )
    assert row is not None
    assert {row["phone_index_key_id"], row["phone_index_2_key_id"]} == {active, None}
    states = await db.fetch("SELECT state FROM key_ring WHERE purpose = 'index' ORDER BY id")
    assert [row["state"] for row in states] == ["retired"] * rotations + ["active"]


async def test_a_number_written_meanwhile_has_the_digests_of_both_keys(member):
    await service_rotation.begin("index", now=MONDAY)
    blind_index.forget()

    await set_phone(member)

    row = await db.fetch_row("SELECT phone_index_key_id, phone_index_2_key_id FROM users")
    keys = {key.id for key in await blind_index.ring()}
    assert row is not None
    assert {row["phone_index_key_id"], row["phone_index_2_key_id"]} == keys


async def test_a_number_written_by_a_process_that_knows_only_the_old_key_is_found_after(member):
    old_ring = await blind_index.ring()
    await service_rotation.begin("index", now=MONDAY)
    blind_index._ring[:] = [(time.monotonic(), old_ring)]
    await set_phone(member)

    await service_rotation.advance(now=MONDAY + SETTLE)
    await finish(MONDAY + SETTLE)

    blind_index.forget()
    assert await find() == member.scope.user_id
