import asyncio
from datetime import timedelta

from server import db
from server.messages import events, opt_outs
from server.messages.events import ProviderEvent
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
