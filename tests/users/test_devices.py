from server import db
from server.users import devices
from server.users.sessions import Device, open_session
from tests.times import MONDAY

PHONE = Device(user_agent="Phone/1.0", address="192.0.2.1")


async def used(member):
    await open_session(member.scope, PHONE, now=MONDAY)


async def test_neither_program_nor_address_was_seen(member):
    await used(member)

    assert await devices.is_new(member.scope, Device("Curl/8", "203.0.113.9"))


async def test_the_same_program_elsewhere_is_known(member):
    await used(member)

    assert not await devices.is_new(member.scope, Device("Phone/1.0", "203.0.113.9"))


async def test_an_updated_program_at_home_is_known(member):
    await used(member)

    assert not await devices.is_new(member.scope, Device("Phone/1.1", "192.0.2.1"))


async def test_another_users_device_is_not_ones_own(member, stranger):
    await used(stranger)

    assert await devices.is_new(member.scope, PHONE)


async def test_a_first_sign_in_is_from_no_new_device(member):
    await db.execute("DELETE FROM sessions")

    assert not await devices.is_new(member.scope, PHONE)
