"""From what the trail holds to the admins' mailboxes."""

import asyncio
from datetime import timedelta

import pytest

from server import db
from server.alerts import service
from server.audit import service as audit
from server.errors import Unauthorized
from server.keys import service as keys
from server.keys import service_rotation
from server.lib.clock import utc_now
from server.users import service as users
from server.users.schemas import LoginIn
from server.users.sessions import Device
from tests.audit.trail import flaw, intruder, logged
from tests.factories import PASSWORD, make_member
from tests.times import MONDAY

PHONE = Device(user_agent="Phone/1.0", address="192.0.2.1")
THIEF = Device(user_agent="Curl/8", address="203.0.113.9")


async def alerts():
    rows = await db.fetch(
        """SELECT action, chain_id, subject_id, details FROM audit_entries
            WHERE action LIKE 'alert.%' ORDER BY at, id"""
    )
    return [row["action"] for row in rows]


async def log_in(member, device, *, now=None):
    data = LoginIn(email=member.email, password=PASSWORD)
    return await users.login(data, device, now=now or utc_now())


async def record(member, action, *, now=MONDAY, times=1, **more):
    for _ in range(times):
        await audit.record(
            member.scope.household_id, action, actor_id=member.scope.user_id, now=now, **more
        )


async def fail(member, *, times, now=MONDAY):
    for _ in range(times):
        await audit.record(
            member.scope.household_id,
            "user.sign_in_failed",
            actor_id=None,
            subject_kind="user",
            subject_id=member.scope.user_id,
            address="192.0.2.1",
            now=now,
        )


async def test_a_quiet_hour_raises_nothing(member):
    assert await service.watch(now=utc_now()) == 0


async def test_a_new_device_is_told(member):
    now = utc_now()
    await log_in(member, THIEF, now=now)

    assert await service.watch(now=now) == 1
    assert await alerts() == ["alert.new_device"]


async def test_a_known_device_is_not_told(member):
    await log_in(member, Device())

    assert await service.watch(now=utc_now()) == 0


async def test_a_reused_refresh_token_is_told(member):
    now = utc_now()
    await users.refresh(member.refresh_token, now=now)
    with pytest.raises(Unauthorized):
        await users.refresh(member.refresh_token, now=now + timedelta(minutes=1))

    assert await service.watch(now=now + timedelta(minutes=2)) == 1
    assert await alerts() == ["alert.refresh_reused"]


async def test_many_failures_on_an_account_are_told(member):
    await fail(member, times=10)

    await service.watch(now=MONDAY)

    assert await alerts() == ["alert.many_failures"]


async def test_failures_of_more_than_an_hour_do_not_count_together(member):
    await fail(member, times=9)
    await fail(member, times=9, now=MONDAY + timedelta(minutes=61))

    assert await service.watch(now=MONDAY + timedelta(minutes=61)) == 0


async def test_many_failures_of_an_address_are_told_on_the_servers_chain(database):
    for _ in range(30):
        await audit.record(
            audit.SERVER_CHAIN,
            "user.sign_in_failed",
            actor_id=None,
            address="192.0.2.1",
            now=MONDAY,
        )

    await service.watch(now=MONDAY)

    (row,) = await db.fetch("SELECT * FROM audit_entries WHERE action = 'alert.many_failures'")
    assert (row["chain_id"], row["details"]) == (audit.SERVER_CHAIN, {"failures": 30})


async def test_a_mass_export_is_told(member):
    await record(member, "contacts.exported", details={"contacts": 500})

    await service.watch(now=MONDAY)

    assert await alerts() == ["alert.mass_export"]


async def test_a_mass_deletion_is_told(member):
    await record(member, "contact.deleted", times=20)
    await record(member, "contacts.import_undone", details={"deleted": 30})

    await service.watch(now=MONDAY)

    assert await alerts() == ["alert.mass_deletion"]


async def test_an_alert_is_raised_once_a_day_for_its_subject(member, stranger):
    await fail(member, times=10)
    await service.watch(now=MONDAY)
    await fail(member, times=1)
    await fail(stranger, times=10)

    assert await service.watch(now=MONDAY) == 1

    tomorrow = MONDAY + timedelta(days=1)
    await fail(member, times=10, now=tomorrow)
    assert await service.watch(now=tomorrow) == 1


async def test_two_workers_raise_an_alert_once(member):
    await fail(member, times=10)

    await asyncio.gather(service.watch(now=MONDAY), service.watch(now=MONDAY))

    assert await alerts() == ["alert.many_failures"]


async def test_every_admin_finds_an_alert_in_the_mailbox_and_nobody_else(member, stranger):
    await fail(stranger, times=10)

    await service.watch(now=MONDAY)

    (row,) = await db.fetch("SELECT * FROM outbox_messages")
    assert (row["user_id"], row["channel"], row["state"]) == (
        member.scope.user_id,
        "email",
        "pending",
    )
    box = await keys.box(member.scope.household_id)
    body = box.open("outbox_messages", "body", row["id"], row["body"])
    assert str(stranger.scope.user_id) in body
    assert stranger.email not in body


async def test_a_disabled_admin_is_told_nothing(member):
    await db.execute("UPDATE users SET disabled_at = now()")
    await fail(member, times=10)

    assert await service.watch(now=MONDAY) == 1
    assert await db.fetch("SELECT * FROM outbox_messages") == []


async def test_an_alert_is_logged_without_an_address(member):
    await fail(member, times=10)

    with logged() as lines:
        await service.watch(now=MONDAY)

    (line,) = [line for line in lines if line["event"] == "security.alert"]
    assert line["kind"] == "many_failures"
    assert "192.0.2.1" not in str(lines)


async def test_a_row_of_an_alert_names_nobody(member):
    await fail(member, times=10)

    await service.watch(now=MONDAY)

    (row,) = await db.fetch("SELECT a::text AS text FROM security_alerts a")
    assert str(member.scope.user_id) not in row["text"]
    assert member.scope.user_id.hex not in row["text"]


async def test_a_broken_trail_is_told_by_the_daily_run(servers, database):
    member = await make_member()
    async with intruder(servers, database) as owner:
        await owner.execute("UPDATE audit_entries SET action = 'x' WHERE sequence = 1")

    assert await service.verify(now=MONDAY) == 1

    (row,) = await db.fetch("SELECT * FROM audit_entries WHERE action = 'alert.audit_broken'")
    assert (row["details"]["sequence"], row["details"]["flaw"]) == (1, "altered")
    assert await db.fetch_value("SELECT count(*) FROM outbox_messages") == 1
    assert (await flaw(member.scope.household_id)).sequence == 1


async def test_a_tail_that_was_cut_off_is_told_within_a_minute(servers, database):
    await make_member()
    await service.watch(now=MONDAY)
    async with intruder(servers, database) as owner:
        await owner.execute("DELETE FROM audit_entries WHERE sequence = 2")

    assert await service.watch(now=MONDAY) == 1
    assert await alerts() == ["alert.audit_broken"]


async def test_a_whole_trail_raises_nothing(member):
    await service.watch(now=MONDAY)

    assert await service.verify(now=MONDAY) == 0
    assert await alerts() == []


async def test_a_new_key_of_the_trail_makes_no_alert_new(member):
    await record(member, "contacts.exported", details={"contacts": 500})
    before = await service.watch(now=MONDAY)
    await service_rotation.begin("audit", now=MONDAY)

    assert (before, await service.watch(now=MONDAY)) == (1, 0)
