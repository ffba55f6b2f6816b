import asyncio
from datetime import timedelta

from server import db
from server.integrations.channel import Refused
from server.messages import events, opt_outs
from server.messages.events import ProviderEvent
from tests.rows import make
from tests.times import MONDAY
from tests.webhooks.phones import leave_message, state_of


def event(message_id, kind="delivered", state="delivered", *, at=MONDAY, **more):
    name = f"{message_id}:{kind}:{at.timestamp()}"
    return ProviderEvent(name, kind, at, message_id, "SM9", state, **more)


async def record(*what):
    return await events.record("twilio", what, now=MONDAY)


async def test_what_is_over_stays_as_it_is(member):
    for state in ("delivered", "failed", "suppressed"):
        message_id = await leave_message(member, state)

        assert await record(event(message_id, "sent", "accepted"), event(message_id)) == 2
        assert await state_of(message_id) == state


async def test_an_event_counts_once_however_often_it_comes_at_once(member):
    message_id = await leave_message(member, "sending")

    counts = await asyncio.gather(*(record(event(message_id)) for _ in range(20)))

    assert sorted(counts) == [0] * 19 + [1]


async def test_batches_that_cross_do_not_block_each_other(member):
    ids = [await leave_message(member, "sending") for _ in range(6)]
    one = [event(message_id, f"x{n}") for n, message_id in enumerate(ids)]
    other = [event(message_id, f"y{n}") for n, message_id in enumerate(ids)][::-1]

    counts = await asyncio.gather(*(record(*batch) for batch in (one, other) * 4))

    assert sum(counts) == 12
    assert {await state_of(message_id) for message_id in ids} == {"delivered"}


async def test_settling_a_message_ends_the_lease_on_it_and_keeps_what_was_known(member):
    message_id = await leave_message(member, "sending", provider_id="SM1")

    await record(event(message_id, "sent", "accepted"))

    row = await db.fetch_row("SELECT * FROM outbox_messages WHERE id = $1", message_id)
    assert row is not None
    assert (row["state"], row["provider_id"], row["sent_at"]) == ("accepted", "SM1", MONDAY)
    assert (row["lease_token"], row["leased_until"]) == (None, None)


async def test_an_address_that_wants_no_more_gets_no_more(member):
    message_id = await leave_message(member, channel="email")

    await record(event(message_id, "spamreport", None, is_opt_out=True))

    assert await opt_outs.is_stopped(member.scope, "email")
    assert not await opt_outs.is_stopped(member.scope, "sms")


async def test_an_old_word_of_leave_that_comes_again_does_not_count_after_start(member):
    message_id = await leave_message(member, channel="email")
    said = event(message_id, "unsubscribe", None, is_opt_out=True)
    await record(said)
    await opt_outs.start(member.scope, "email", now=MONDAY + timedelta(hours=1))

    await record(said)

    assert not await opt_outs.is_stopped(member.scope, "email")


async def test_whose_number_is_not_reached_learns_of_it_by_mail_once(member):
    ids = [await leave_message(member, "accepted") for _ in range(2)]

    for message_id in (*ids, *ids):
        await record(event(message_id, "undelivered", "failed", code="30003"))

    told = await db.fetch("SELECT channel FROM outbox_messages WHERE kind = 'undelivered'")
    assert [row["channel"] for row in told] == ["email"]


BOUNCE = {"code": "bounce_5.1.1", "is_opt_out": True}
LATER = MONDAY + timedelta(hours=3)


async def test_a_bounce_that_comes_late_is_the_last_word(member):
    message_id = await leave_message(member, channel="email")
    await record(event(message_id))

    await record(event(message_id, "bounce", "failed", at=LATER, **BOUNCE))

    row = await db.fetch_row("SELECT * FROM outbox_messages WHERE id = $1", message_id)
    assert row is not None
    assert (row["state"], row["error_code"]) == ("failed", "bounce_5.1.1")
    assert row["delivered_at"] == MONDAY  # the trace has both
    assert await opt_outs.is_stopped(member.scope, "email")


async def test_a_bounce_counts_in_whatever_order_its_events_come(member):
    for order in (1, -1):
        message_id = await leave_message(member, channel="email")
        said = [event(message_id), event(message_id, "bounce", "failed", at=LATER)]

        for one in said[::order]:
            await record(one)

        assert await state_of(message_id) == "failed"


async def test_of_a_batch_a_failure_counts(member):
    message_id = await leave_message(member, "sending", channel="email")

    await record(event(message_id, "bounce", "failed", at=LATER), event(message_id))

    assert await state_of(message_id) == "failed"


async def test_who_had_the_mail_bounce_later_is_told_on_the_other_channel(with_phone):
    await make("preferences", with_phone, sms=True)
    message_id = await leave_message(with_phone, channel="email")

    for said in (event(message_id), event(message_id, "bounce", "failed", at=LATER, **BOUNCE)):
        await record(said)

    told = await db.fetch("SELECT channel FROM outbox_messages WHERE kind = 'undelivered'")
    assert [row["channel"] for row in told] == ["sms"]


def word(message_id, kind, *, at=MONDAY):
    is_in = kind == "group_resubscribe"
    return event(message_id, kind, None, at=at, is_opt_in=is_in, is_opt_out=not is_in)


async def test_who_subscribes_again_at_sendgrid_gets_mail_again(member):
    message_id = await leave_message(member, channel="email")
    await record(word(message_id, "group_unsubscribe"))
    assert await opt_outs.is_stopped(member.scope, "email")

    await record(word(message_id, "group_resubscribe", at=LATER))

    assert not await opt_outs.is_stopped(member.scope, "email")


async def test_a_subscription_that_is_older_than_the_leave_changes_nothing(member):
    message_id = await leave_message(member, channel="email")
    await opt_outs.stop(member.scope, "email", now=LATER)

    await record(word(message_id, "group_resubscribe"))

    assert await opt_outs.is_stopped(member.scope, "email")


async def test_of_a_batch_the_last_word_counts(member):
    message_id = await leave_message(member, channel="email")
    later = MONDAY + timedelta(minutes=1)
    for first, second in (
        ("group_unsubscribe", "group_resubscribe"),
        ("group_resubscribe", "group_unsubscribe"),
    ):
        later += timedelta(minutes=1)
        last = word(message_id, second, at=later + timedelta(seconds=9))

        await record(last, word(message_id, first, at=later))

        assert await opt_outs.is_stopped(member.scope, "email") == last.is_opt_out


async def test_that_another_number_wants_no_sms_says_nothing_of_the_users(with_phone, write):
    code = await write(with_phone, kind="phone_code", address="+4930999999")

    await record(event(code, "failed", "failed", code="twilio_21610", is_opt_out=True))
    assert not await opt_outs.is_stopped(with_phone.scope, "sms")

    own = await write(with_phone, address="+4930123456")
    await record(event(own, "failed", "failed", code="twilio_21610", is_opt_out=True))
    assert await opt_outs.is_stopped(with_phone.scope, "sms")


async def test_a_stop_that_only_twilio_heard_is_learned_when_we_send(with_phone, sms, write):
    await write(with_phone)
    sms.channel.script = [(Refused("twilio_21610", is_permanent=True), False)]

    await sms.step()

    assert await opt_outs.is_stopped(with_phone.scope, "sms")
