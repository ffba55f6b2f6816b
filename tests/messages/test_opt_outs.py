"""A STOP is the number's that said it; a word of leave ends when its user asks for mail again."""

from datetime import timedelta

import pytest

from server import db
from server.messages import opt_outs, queries
from server.preferences import service as preferences
from server.preferences.schemas import NotificationsIn
from server.users import reach
from tests.times import MONDAY

OLD, NEW, THIRD = "+4915123456789", "+4915123456780", "+4915123456781"


async def use(member, number, *, hours=0):
    """Verify a number, or (None) forget it."""
    now = MONDAY + timedelta(hours=hours)
    async with db.transaction():
        if number is None:
            await reach.clear_phone(member.scope, now=now)
        else:
            await reach.set_phone(member.scope, number, now=now)


async def is_stopped(member):
    """Ask in each place that asks."""
    scope = member.scope
    found = await queries.get_reach(scope)
    state = (await preferences.get_notifications(scope)).sms_state
    assert found is not None
    answers = {await opt_outs.is_stopped(scope, "sms"), not found["sms"], state == "stopped"}
    assert len(answers) == 1
    return answers.pop()


@pytest.fixture
async def texter(member):
    """A member who wants SMS, on the old number, and has said STOP."""
    await preferences.put_notifications(
        member.scope, NotificationsIn(sms=True), expected=None, now=MONDAY
    )
    await use(member, OLD)
    await opt_outs.stop(member.scope, "sms", now=MONDAY)
    assert await is_stopped(member)
    return member


async def test_another_number_has_not_said_stop(texter):
    await use(texter, NEW)

    assert not await is_stopped(texter)


@pytest.mark.parametrize(
    "way", [(OLD,), (None, OLD), (NEW, OLD), (NEW, None, OLD), (NEW, THIRD, OLD)]
)
async def test_the_number_that_said_stop_stays_stopped_however_it_comes_back(texter, way):
    for number in way:
        await use(texter, number)

    assert await is_stopped(texter)


async def test_start_frees_the_number_that_says_it(texter):
    await opt_outs.start(texter.scope, "sms", now=MONDAY)
    await use(texter, NEW)
    await use(texter, OLD)

    assert not await is_stopped(texter)


async def test_start_on_the_new_number_frees_no_other(texter):
    await use(texter, NEW)
    await opt_outs.stop(texter.scope, "sms", now=MONDAY)
    await opt_outs.start(texter.scope, "sms", now=MONDAY)
    assert not await is_stopped(texter)

    await use(texter, OLD)
    assert await is_stopped(texter)


async def test_two_numbers_may_have_said_stop(texter):
    await use(texter, NEW)
    assert await opt_outs.stop(texter.scope, "sms", now=MONDAY)
    assert await is_stopped(texter)

    await use(texter, THIRD)
    assert not await is_stopped(texter)
    for number in (OLD, NEW):
        await use(texter, number)
        assert await is_stopped(texter), number


async def test_a_number_that_went_to_somebody_else_and_came_back_stays_stopped(texter, housemate):
    await use(housemate, OLD)
    assert await reach.get_phone(texter.scope) is None
    assert not await opt_outs.is_stopped(housemate.scope, "sms")

    await use(texter, OLD)
    assert await is_stopped(texter)


async def test_a_stop_of_which_nobody_knows_the_number_holds_for_any(texter):
    """Of a version that did not note it, and let the number be forgotten."""
    await db.execute("""UPDATE users SET phone = NULL, phone_verified_at = NULL, phone_index = NULL,
            phone_index_key_id = NULL, phone_index_2 = NULL, phone_index_2_key_id = NULL""")

    await use(texter, NEW)

    assert await is_stopped(texter)


async def test_numbers_that_said_stop_are_sealed(texter):
    await use(texter, NEW)

    kept = await db.fetch_value("SELECT former_numbers FROM opt_outs")
    assert OLD.encode() not in kept


async def notifications(member, **values):
    data = NotificationsIn.model_validate(values)
    return await preferences.put_notifications(member.scope, data, expected=None, now=MONDAY)


async def test_who_turns_email_on_gets_it_again_and_the_trail_says_so(member):
    await opt_outs.stop(member.scope, "email", now=MONDAY)

    found = await notifications(member, email=True)

    assert (found.email, found.email_state) == (True, "on")
    assert not await opt_outs.is_stopped(member.scope, "email")
    trail = await db.fetch("SELECT actor_id FROM audit_entries WHERE action = 'email.resumed'")
    assert [row["actor_id"] for row in trail] == [member.scope.user_id]


async def test_email_that_is_on_leaves_no_trail_when_it_is_turned_on(member):
    await notifications(member, email=True)

    assert not await db.fetch("SELECT FROM audit_entries WHERE action = 'email.resumed'")


async def test_who_sets_something_else_asked_for_no_mail(member):
    await opt_outs.stop(member.scope, "email", now=MONDAY)

    found = await notifications(member, digest_time="10:00")

    assert (found.email, found.email_state) == (False, "stopped")


async def test_what_is_read_and_written_back_asks_for_no_mail(member):
    """A client that shows a switch and saves the whole page must not subscribe anybody."""
    await opt_outs.stop(member.scope, "email", now=MONDAY)
    shown = await preferences.get_notifications(member.scope)
    values = shown.model_dump(include=set(NotificationsIn.model_fields))

    found = await notifications(member, **{**values, "digest_time": "10:00"})

    assert found.email_state == "stopped"
    assert await opt_outs.is_stopped(member.scope, "email")


async def test_who_asks_for_mail_again_elsewhere_gets_it_whatever_was_written_back(member):
    await opt_outs.stop(member.scope, "email", now=MONDAY)
    await notifications(member, email=False)

    await opt_outs.start(member.scope, "email", now=MONDAY)

    found = await queries.get_reach(member.scope)
    assert found is not None
    assert found["email"]
    assert (await preferences.get_notifications(member.scope)).email_state == "on"


async def test_sms_turned_on_is_no_start(texter):
    found = await notifications(texter, sms=True, email=True)

    assert found.sms_state == "stopped"
    assert await is_stopped(texter)


async def test_another_users_word_of_leave_stays(member, housemate):
    await opt_outs.stop(housemate.scope, "email", now=MONDAY)

    await notifications(member, email=True)

    assert await opt_outs.is_stopped(housemate.scope, "email")
