from datetime import timedelta
from uuid import UUID

from server import db
from server.keys import macs, service_rotation
from server.keys.macs import Use
from tests.times import MONDAY

MESSAGE = UUID("01934d6e-7a3b-7c11-9d0a-6f2f3f4f5a6b")


async def test_a_mac_fits_its_message_only(database):
    mac = await macs.mac_of(MESSAGE)

    assert len(mac) == 32
    assert await macs.is_mac_of(MESSAGE, mac)
    assert not await macs.is_mac_of(UUID(int=1), mac)
    for wrong in ("", "0" * 32, mac[:-1], mac[:18], mac + "0", "ü" * 32, f" {mac[:-1]}"):
        assert not await macs.is_mac_of(MESSAGE, wrong), wrong


async def test_a_mac_of_another_use_never_fits(database):
    mac = await macs.mac(Use.REPLY, str(MESSAGE))

    assert await macs.fits(Use.REPLY, str(MESSAGE), mac)
    assert not await macs.fits(Use.STATUS, str(MESSAGE), mac)


async def test_old_and_new_keys_fit_during_a_turn_and_the_old_one_retires(database):
    old = await macs.mac_of(MESSAGE)

    await service_rotation.begin("mac", now=MONDAY)

    new = await macs.mac_of(MESSAGE)
    assert old != new
    assert [await macs.is_mac_of(MESSAGE, mac) for mac in (old, new)] == [True, True]
    await service_rotation.reconcile(now=MONDAY + macs.LIFE + timedelta(seconds=1))
    macs.forget()
    assert [await macs.is_mac_of(MESSAGE, mac) for mac in (old, new)] == [False, True]


async def test_a_key_that_another_process_made_is_looked_for(database, monkeypatch):
    await macs.mac_of(MESSAGE)
    stale = list(macs._ring)
    await service_rotation.begin("mac", now=MONDAY)
    new = await macs.mac_of(MESSAGE)
    macs._ring[:] = [(read_at - macs.REREAD_S, held) for read_at, held in stale]

    assert await macs.is_mac_of(MESSAGE, new)


async def test_a_flood_of_wrong_macs_does_not_read_the_ring_each_time(database, statements):
    await macs.mac_of(MESSAGE)
    statements.clear()

    for number in range(100):
        await macs.is_mac_of(MESSAGE, f"{number:032}")

    assert len(statements) <= 1


async def test_the_rotation_is_finished_at_once_and_in_the_trail(database):
    await service_rotation.begin("mac", now=MONDAY)

    rows = await db.fetch("SELECT state FROM key_ring WHERE purpose = 'mac' ORDER BY key_version")
    assert [row["state"] for row in rows] == ["retiring", "active"]
    assert await service_rotation.list_rotations() != []
