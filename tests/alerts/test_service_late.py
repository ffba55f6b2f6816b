"""What is due and not accepted by a provider is told of: once, and never of an alert."""

from datetime import timedelta
from uuid import UUID

import pytest

from server import db
from server.alerts import service_late
from server.alerts.rules_late import PATIENCE
from server.keys import service as keys
from server.lib.ids import uuid7
from tests.factories import make_admin, make_member
from tests.messages.letters import insert_letter
from tests.rows import make
from tests.times import MONDAY

DIGEST = {"cause_kind": "digest", "cause_id": uuid7()}
LATER = MONDAY + PATIENCE
HELD = {"lease_token": uuid7(), "leased_until": MONDAY}
TRIED = {"first_attempt_at": MONDAY, "attempt_at": MONDAY, "attempts": 3}
FAR = MONDAY + timedelta(hours=5)


async def late(now=LATER):
    return [(one.channel, one.state, one.code) for one in await service_late.list_late(now=now)]


async def alerts():
    return await db.fetch("SELECT * FROM outbox_messages WHERE kind = 'late_alert' ORDER BY id")


async def test_a_digest_is_late_after_a_quarter_of_an_hour_and_not_before(member):
    await insert_letter(member, **DIGEST)

    assert await late(LATER - timedelta(seconds=1)) == []
    assert await late() == [("email", "pending", None)]


async def test_an_urgent_message_may_be_late_and_another_one_may_not(member):
    await insert_letter(member, channel="sms", is_urgent=True)
    await insert_letter(member, cause_kind="suggestion", cause_id=uuid7())

    assert await late() == [("sms", "pending", None)]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"state": "sending", **HELD}, None),
        ({"state": "pending", "next_attempt_at": FAR, "error_code": "http_5", **TRIED}, "http_5"),
        ({"state": "pending", "next_attempt_at": FAR, "held_reason": "breaker"}, "breaker"),
        ({"state": "unknown", "error_code": "timeout"}, "timeout"),
        ({"state": "failed", "error_code": "expired"}, "expired"),
        ({"state": "suppressed", "suppressed_reason": "no_provider"}, "no_provider"),
    ],
)  # fmt: skip
async def test_whatever_keeps_a_digest_from_leaving_is_told(member, values, code):
    await insert_letter(member, **{**DIGEST, **values})

    assert await late() == [("email", values["state"], code)]


@pytest.mark.parametrize(
    "values",
    [
        {"state": "accepted", "sent_at": MONDAY},
        {"state": "failed", "sent_at": MONDAY},
        {"state": "suppressed", "suppressed_reason": "stop"},
        {"state": "pending", "next_attempt_at": FAR},
        {"state": "pending", "next_attempt_at": FAR, "held_reason": "quiet_hours"},
        {"state": "failed", "cause_kind": "verification", "is_urgent": True},
    ],
)
async def test_what_left_or_rightly_waits_is_not_late(member, values):
    await insert_letter(member, **{**DIGEST, **values})

    assert await late() == []


async def test_what_quiet_hours_held_is_late_when_they_are_over(member):
    await insert_letter(member, **DIGEST, next_attempt_at=FAR, held_reason="quiet_hours")

    assert await late(FAR + PATIENCE) == [("email", "pending", "quiet_hours")]


async def test_a_digest_that_is_due_and_not_written_is_late(member):
    await make("digest_schedules", member, next_at=MONDAY)

    assert await late(LATER - timedelta(seconds=1)) == []
    assert await late() == [(None, "unwritten", None)]
    assert await service_late.watch(now=LATER) == 1


async def test_a_digest_of_who_is_disabled_is_not_late(member):
    await make("digest_schedules", member, next_at=MONDAY)
    await db.execute("UPDATE users SET disabled_at = now()")

    assert await late() == []


async def test_what_has_failed_is_told_of_for_a_day(member):
    await insert_letter(member, **DIGEST, state="failed")

    assert await late(MONDAY + timedelta(hours=23)) != []
    assert await late(MONDAY + timedelta(hours=25)) == []


async def test_every_admin_is_told_once_a_day_and_nobody_else(member):
    other = await make_admin()
    await insert_letter(await make_member(), **DIGEST)

    first = await service_late.watch(now=LATER)
    again = await service_late.watch(now=LATER + timedelta(minutes=1))
    next_day = await service_late.watch(now=LATER + timedelta(hours=23))

    assert (first, again, next_day) == (2, 0, 2)
    assert {row["user_id"] for row in await alerts()} == {
        member.scope.user_id,
        other.scope.user_id,
    }


async def test_the_mail_says_what_and_why_and_names_nobody(member):
    stranger = await make_member()
    await insert_letter(stranger, **DIGEST, error_code="http_500", **TRIED)
    await service_late.watch(now=LATER)

    [row] = await alerts()
    box = await keys.box(member.scope.household_id)
    body = box.open("outbox_messages", "body", row["id"], row["body"])
    assert "1 × e-mail, pending (http_500), since 2026-03-02 09:00 UTC" in body
    assert stranger.email not in body
    assert (row["cause_kind"], row["is_urgent"], row["channel"]) == ("alert", True, "email")


async def test_an_alert_that_cannot_leave_is_no_reason_for_an_alert(member):
    await insert_letter(member, **DIGEST)
    await service_late.watch(now=LATER)
    await db.execute("DELETE FROM outbox_messages WHERE cause_kind = 'digest'")

    for days in range(1, 4):
        assert await service_late.watch(now=LATER + timedelta(days=days)) == 0
    assert await late(LATER + timedelta(days=1)) == []


async def test_late_mail_is_told_by_sms_too_and_late_sms_is_not(member):
    await db.execute(
        """UPDATE users SET phone = $2, phone_index = $2, phone_index_key_id = $3,
            phone_verified_at = $4 WHERE id = $1""",
        member.scope.user_id, b"x", uuid7(), MONDAY,
    )  # fmt: skip
    sms = await insert_letter(member, **DIGEST, channel="sms")
    await service_late.watch(now=LATER)
    by_sms = [row["channel"] for row in await alerts()]
    await db.execute("DELETE FROM outbox_messages WHERE id = $1 OR kind = 'late_alert'", sms)
    await insert_letter(member, **DIGEST)
    await service_late.watch(now=LATER)

    assert by_sms == ["email"]
    assert sorted(row["channel"] for row in await alerts()) == ["email", "sms"]


async def test_an_admin_who_said_stop_is_not_told_by_sms(member):
    await make("opt_outs", member, channel="sms", stopped_at=MONDAY)
    await db.execute(
        """UPDATE users SET phone = $2, phone_index = $2, phone_index_key_id = $3,
            phone_verified_at = $4 WHERE id = $1""",
        member.scope.user_id, b"x", UUID(int=1), MONDAY,
    )  # fmt: skip
    await insert_letter(member, **DIGEST)
    await service_late.watch(now=LATER)

    assert [row["channel"] for row in await alerts()] == ["email"]
