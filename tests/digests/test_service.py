import pytest

from server import db
from server.digests import codes, service
from server.messages import opt_outs
from server.suggestions import generation
from tests.digests.people import (
    DAY,
    HOUR,
    MINUTE,
    SATURDAY,
    SUNDAY,
    WEEK,
    WRITTEN,
    digests_of,
    messages_of,
    move,
    next_of,
    prefer,
    suggest,
)
from tests.factories import make_housemate, make_member
from tests.rows import insert_contact


async def test_a_digest_leaves_on_sunday_at_nine_for_who_has_set_nothing(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)

    assert await service.write_due(now=SUNDAY - MINUTE) == 0
    assert await service.write_due(now=SUNDAY) == 1

    (message,) = await messages_of(scheduled)
    assert message["kind"] == "digest"
    assert message["channel"] == "email"
    assert message["expires_at"] == SUNDAY + DAY
    assert "Ana Ortiz" in message["body"]
    assert "You last talked 50 days ago" in message["body"]
    assert "Ana Ortiz" in message["html"]
    assert await digests_of(scheduled) == WRITTEN
    assert await next_of(scheduled) == SUNDAY + WEEK


async def test_a_second_run_changes_nothing(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)
    await service.write_due(now=SUNDAY)

    assert await service.write_due(now=SUNDAY + MINUTE) == 0

    assert len(await messages_of(scheduled)) == 1


async def test_its_codes_mean_its_suggestions(scheduled):
    first = await suggest(scheduled, SUNDAY + DAY)
    second = await suggest(scheduled, SUNDAY + 2 * DAY, name="Ben")
    await service.write_due(now=SUNDAY)

    (message,) = await messages_of(scheduled)
    for code, suggestion_id in ((1, first), (2, second)):
        found = await codes.resolve(scheduled.scope, code, now=SUNDAY)
        assert found == codes.Coded(code, suggestion_id, codes.Purpose.SUGGESTION, message["id"])
    assert "1 yes, 2 later" in message["body"]


async def test_the_message_names_its_digest_as_its_cause(scheduled):
    await suggest(scheduled, SUNDAY + DAY)
    await service.write_due(now=SUNDAY)

    (message,) = await messages_of(scheduled)
    assert message["cause_kind"] == "digest"
    assert message["cause_id"] == await db.fetch_value("SELECT id FROM digests")


async def test_nothing_to_say_is_recorded_and_nothing_is_sent(scheduled):
    assert await service.write_due(now=SUNDAY) == 1

    assert await digests_of(scheduled) == [("2026-03-01", "nothing_to_say", None)]
    assert await messages_of(scheduled) == []


async def test_the_engine_is_asked_before_nothing_is_said(scheduled):
    await insert_contact(scheduled, created_at=SATURDAY)

    await service.write_due(now=SUNDAY)

    (message,) = await messages_of(scheduled)
    assert "You have never noted a talk with Ben" in message["body"]


async def test_only_pending_ones_with_a_time_ahead_are_listed(scheduled):
    await suggest(scheduled, SUNDAY + DAY, name="Ahead")
    await suggest(scheduled, SUNDAY - HOUR, name="Past")
    await suggest(scheduled, SUNDAY + 2 * DAY, name="Accepted", state="accepted")

    await service.write_due(now=SUNDAY)

    (message,) = await messages_of(scheduled)
    assert "Ahead" in message["body"]
    assert not {"Past", "Accepted"} & set(message["body"].split())


async def test_a_contacts_notes_never_leave(scheduled):
    await suggest(scheduled, SUNDAY + DAY)
    await db.execute("UPDATE contacts SET organisation = 'canary', location = 'canary'")

    await service.write_due(now=SUNDAY)

    (message,) = await messages_of(scheduled)
    assert "canary" not in message["body"] + message["html"] + message["subject"]


async def test_a_contact_made_private_by_its_author_is_not_told(scheduled):
    housemate = await make_housemate(scheduled, zone="Europe/Berlin")
    await service.keep_schedules(now=SATURDAY)
    await suggest(scheduled, SUNDAY + DAY)
    await db.execute("UPDATE suggestions SET user_id = $1", housemate.scope.user_id)
    await db.execute("UPDATE suggestion_contacts SET user_id = $1", housemate.scope.user_id)

    await service.write_due(now=SUNDAY)

    assert await messages_of(housemate) == []
    assert await codes.resolve(housemate.scope, 1, now=SUNDAY) is None


async def test_late_by_up_to_twelve_hours_it_still_leaves(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)

    await service.write_due(now=SUNDAY + 12 * HOUR)

    assert await digests_of(scheduled) == WRITTEN


async def test_later_it_is_left_out_and_that_is_recorded(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)

    await service.write_due(now=SUNDAY + 12 * HOUR + MINUTE)

    assert await digests_of(scheduled) == [("2026-03-01", "skipped", "too_late")]
    assert await messages_of(scheduled) == []
    assert await next_of(scheduled) == SUNDAY + WEEK


async def test_after_weeks_away_each_missed_one_is_recorded_and_the_newest_leaves(scheduled):
    now = SUNDAY + 2 * WEEK + HOUR
    await suggest(scheduled, now + DAY)

    assert await service.write_due(now=now) + await service.write_due(now=now) == 3

    assert await digests_of(scheduled) == [
        ("2026-03-01", "skipped", "too_late"),
        ("2026-03-08", "skipped", "too_late"),
        ("2026-03-15", "written", None),
    ]
    assert len(await messages_of(scheduled)) == 1


async def test_without_a_channel_the_reason_is_recorded(scheduled):
    await suggest(scheduled, SUNDAY + DAY)
    await prefer(scheduled, email=False)

    await service.write_due(now=SUNDAY)

    assert await digests_of(scheduled) == [("2026-03-01", "skipped", "no_channel")]


async def test_who_said_stop_has_no_channel(scheduled):
    await suggest(scheduled, SUNDAY + DAY)
    await opt_outs.stop(scheduled.scope, "email", now=SATURDAY)

    await service.write_due(now=SUNDAY)

    assert await digests_of(scheduled) == [("2026-03-01", "skipped", "no_channel")]


async def test_a_disabled_user_gets_none(scheduled):
    await suggest(scheduled, SUNDAY + DAY)
    await db.execute("UPDATE users SET disabled_at = $1", SATURDAY)

    await service.write_due(now=SUNDAY)

    assert await digests_of(scheduled) == [("2026-03-01", "skipped", "user_disabled")]


async def test_both_channels_carry_the_same_codes(scheduled):
    await suggest(scheduled, SUNDAY + DAY)
    await prefer(scheduled, sms=True)
    await db.execute(
        """UPDATE users SET phone = 'x', phone_index = 'x', phone_index_key_id = id,
            phone_verified_at = $1""",
        SATURDAY,
    )

    await service.write_due(now=SUNDAY)

    sms, email = await messages_of(scheduled)
    if sms["channel"] != "sms":
        sms, email = email, sms
    assert sms["body"].startswith("1 Ana Ortiz: Call Mon 2 Mar 09:00")
    assert sms["html"] is None
    assert "1  Ana Ortiz" in email["body"]
    rows = await db.fetch("SELECT message_id, code FROM message_codes")
    assert {(row["message_id"], row["code"]) for row in rows} == {(sms["id"], 1), (email["id"], 1)}


async def test_a_german_gets_it_in_german(scheduled):
    await suggest(scheduled, SUNDAY + DAY)
    await move(scheduled, language="de-CH")

    await service.write_due(now=SUNDAY)

    (message,) = await messages_of(scheduled)
    assert "Anruf: Montag, 2. März um 09:00 Uhr" in message["body"]


async def test_one_listed_again_keeps_its_code_and_is_not_new(scheduled):
    await suggest(scheduled, SUNDAY + WEEK + DAY, name="Old")
    await service.write_due(now=SUNDAY)
    await suggest(scheduled, SUNDAY + WEEK + 2 * DAY, name="New")

    await service.write_due(now=SUNDAY + WEEK)

    body = (await messages_of(scheduled))[-1]["body"]
    assert body.index("2  New") < body.index("You know of these") < body.index("1  Old")


async def test_a_user_whose_engine_fails_waits_and_the_others_do_not(scheduled, monkeypatch):
    other = await make_member()
    await service.keep_schedules(now=SATURDAY)
    await suggest(other, SUNDAY + DAY)
    with monkeypatch.context() as broken:
        broken.setattr(generation, "generate", fails)
        with pytest.raises(RuntimeError):
            await service.write_due(now=SUNDAY)
    assert await digests_of(other) == WRITTEN
    assert await digests_of(scheduled) == []

    await service.write_due(now=SUNDAY + MINUTE)

    assert await digests_of(scheduled) == [("2026-03-01", "nothing_to_say", None)]


async def fails(*_scopes, **_more):
    raise RuntimeError


async def test_many_users_take_as_many_statements_as_few(member, count_statements):
    async def statements(count):
        for _ in range(count):
            await suggest(await make_member(), SUNDAY + DAY)
        await service.keep_schedules(now=SATURDAY)
        await db.execute("UPDATE digest_schedules SET next_at = $1, next_on = $2", SUNDAY, SUNDAY)
        await db.execute("DELETE FROM digests")
        await db.execute("DELETE FROM message_codes")
        await db.execute("DELETE FROM outbox_messages")
        with count_statements() as seen:
            await service.write_due(now=SUNDAY)
        return len(seen)

    await statements(1)

    assert await statements(2) == await statements(4) <= 24


async def test_a_digest_at_once_is_the_one_of_its_date(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)

    assert await service.write_now(scheduled.scope, now=SUNDAY - HOUR) == "written"
    assert await service.write_now(scheduled.scope, now=SUNDAY) == "written_before"
    await service.write_due(now=SUNDAY)

    assert len(await messages_of(scheduled)) == 1


async def test_a_digest_at_once_of_nothing_is_not_written(scheduled):
    assert await service.write_now(scheduled.scope, now=SUNDAY) == "nothing_to_say"

    assert await digests_of(scheduled) == []
