import asyncio
import contextvars
from datetime import timedelta

import pytest

from server import db
from server.digests import codes, service, service_notices
from server.digests.codes import Purpose
from server.messages import opt_outs
from server.suggestions import service as suggestions
from server.suggestions.schemas import ConfirmIn
from tests.digests.people import REASONS, SATURDAY, SUNDAY, digests_of, messages_of, suggest

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
BIRTHDAY = [
    {
        "code": "important_date",
        "weight": 20.0,
        "data": {"label": "birthday", "on": "2026-03-03", "years": 40},
        "as_of": "2026-03-03",
    }
]


@pytest.fixture
async def scheduled(member):
    """A member whose digest is due on SUNDAY."""
    await service.keep_schedules(now=SATURDAY)
    return member


async def notices():
    rows = await db.fetch("SELECT purpose, state, reason FROM suggestion_notices")
    return [tuple(row.values()) for row in rows]


async def accepted(member, *, ended=SUNDAY, **values):
    return await suggest(member, ended - timedelta(minutes=30), state="accepted", **values)


async def test_a_shared_activity_is_told_at_once(scheduled):
    told = await suggest(scheduled, SUNDAY + 9 * DAY, trigger="shared_activity")

    assert await service_notices.tell_at_once(now=SATURDAY) == 1

    (message,) = await messages_of(scheduled)
    assert message["kind"] == "suggestion"
    assert (message["cause_kind"], message["cause_id"]) == ("suggestion", told)
    assert "should not wait" in message["body"]
    assert (await codes.resolve(scheduled.scope, 1, now=SATURDAY)) is not None


async def test_a_birthday_before_the_digest_is_told_at_once(scheduled):
    at = SUNDAY - 2 * HOUR
    await suggest(scheduled, at, trigger="important_date", reasons=BIRTHDAY)

    await service_notices.tell_at_once(now=SATURDAY)

    (message,) = await messages_of(scheduled)
    assert "Ana Ortiz's birthday is on 3 March: 40 years." in message["body"]
    assert message["expires_at"] == at  # of no use once its time has come


@pytest.mark.parametrize(
    ("trigger", "ahead"), [("important_date", 3 * HOUR), ("timebound", -2 * HOUR)]
)
async def test_what_can_wait_for_the_digest_does(scheduled, trigger, ahead):
    await suggest(scheduled, SUNDAY + ahead, trigger=trigger)

    assert await service_notices.tell_at_once(now=SATURDAY) == 0

    assert await messages_of(scheduled) == []


async def test_it_is_told_once(scheduled):
    await suggest(scheduled, SUNDAY + DAY, trigger="shared_activity")
    await service_notices.tell_at_once(now=SATURDAY)

    assert await service_notices.tell_at_once(now=SATURDAY + MINUTE) == 0

    assert len(await messages_of(scheduled)) == 1


async def test_a_digest_that_had_only_that_to_say_says_nothing(scheduled):
    await suggest(scheduled, SUNDAY + DAY, trigger="shared_activity")
    await service_notices.tell_at_once(now=SUNDAY - HOUR)

    await service.write_due(now=SUNDAY)

    assert await digests_of(scheduled) == [("2026-03-01", "nothing_to_say", None)]


async def test_a_digest_with_more_to_say_does_not_call_it_new(scheduled):
    await suggest(scheduled, SUNDAY + DAY, name="Told", trigger="shared_activity")
    await service_notices.tell_at_once(now=SUNDAY - HOUR)
    await suggest(scheduled, SUNDAY + 2 * DAY, name="New")

    await service.write_due(now=SUNDAY)

    body = (await messages_of(scheduled))[-1]["body"]
    assert body.index("2  New") < body.index("You know of these") < body.index("1  Told")


async def test_what_a_digest_has_listed_is_not_told_again(scheduled):
    await suggest(scheduled, SUNDAY + 9 * DAY, trigger="shared_activity")
    await service.write_due(now=SUNDAY)

    assert await service_notices.tell_at_once(now=SUNDAY + MINUTE) == 0


async def test_who_was_to_meet_is_asked_when_the_time_is_over(scheduled):
    asked = await accepted(scheduled, way="in_person")

    assert await service_notices.ask(now=SUNDAY - MINUTE) == 0
    assert await service_notices.ask(now=SUNDAY) == 1

    (message,) = await messages_of(scheduled)
    assert message["kind"] == "confirmation"
    assert message["body"].startswith("Did you meet Ana Ortiz?")
    assert "1 yes or 1 no" in message["body"]
    found = await codes.resolve(scheduled.scope, 1, now=SUNDAY)
    assert found == codes.Coded(1, asked, Purpose.CONFIRMATION, message["id"])


async def test_the_question_comes_once(scheduled):
    await accepted(scheduled)

    await service_notices.ask(now=SUNDAY)
    await service_notices.ask(now=SUNDAY + DAY)

    assert len(await messages_of(scheduled)) == 1


@pytest.mark.parametrize("happened", [True, False])
async def test_who_has_said_it_already_is_not_asked(scheduled, happened):
    asked = await accepted(scheduled)
    await suggestions.confirm(scheduled.scope, asked, ConfirmIn(happened=happened), now=SUNDAY)

    assert await service_notices.ask(now=SUNDAY) == 0


async def test_the_question_has_a_number_of_its_own(scheduled):
    told = await suggest(scheduled, SUNDAY + DAY)
    await service.write_due(now=SUNDAY)
    await db.execute("UPDATE suggestions SET state = 'accepted' WHERE id = $1", told)

    await service_notices.ask(now=SUNDAY + DAY + HOUR)

    assert "2 yes or 2 no" in (await messages_of(scheduled))[-1]["body"]


async def test_after_a_week_nobody_is_asked_any_more(scheduled):
    await accepted(scheduled)

    assert await service_notices.ask(now=SUNDAY + 7 * DAY) == 0


async def test_without_a_channel_the_reason_is_recorded_once(scheduled):
    await accepted(scheduled)
    await opt_outs.stop(scheduled.scope, "email", now=SATURDAY)

    await service_notices.ask(now=SUNDAY)
    await service_notices.ask(now=SUNDAY + MINUTE)

    assert await notices() == [("confirmation", "skipped", "no_channel")]
    assert await messages_of(scheduled) == []


async def test_a_suggestion_that_a_member_holds_is_looked_at_later(scheduled):
    """A pending one that is being answered must not be told as if it were not."""
    await suggest(scheduled, SUNDAY + DAY, trigger="shared_activity", reasons=REASONS)
    async with db.transaction():
        await db.execute("SELECT FROM suggestions FOR UPDATE")
        assert await in_another_connection(service_notices.tell_at_once(now=SATURDAY)) == 0

    assert await service_notices.tell_at_once(now=SATURDAY) == 1


async def in_another_connection(work):
    return await asyncio.create_task(work, context=contextvars.Context())
