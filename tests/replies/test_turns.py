"""Whose reply has its turn, and what happens to one that cannot be handled."""

from datetime import timedelta

from server import db
from server.replies import service
from tests.factories import make_member
from tests.replies.answering import answer, reply_row, state_of, store, suggest
from tests.rows import make
from tests.times import MONDAY


async def test_a_reply_that_came_twice_is_handled_once(member):
    ben = await suggest(member, 1)
    message = await store(member, "1 no")

    assert await service.handle_batch(now=MONDAY) == 1
    assert await service.handle_batch(now=MONDAY) == 0

    assert await state_of(ben) == "dismissed"
    assert (await reply_row(message))["handled_at"] == MONDAY
    assert await db.fetch_value("SELECT count(*) FROM outbox_messages WHERE kind='receipt'") == 1


async def test_replies_of_one_user_are_handled_as_they_came(member):
    ben = await suggest(member, 1)
    await store(member, "1 yes")
    await store(member, "undo", now=MONDAY + timedelta(seconds=1))

    await service.handle_batch(now=MONDAY + timedelta(seconds=2))

    assert await state_of(ben) == "pending"


async def test_a_reply_that_cannot_be_read_is_given_up_and_holds_nobody_up(member):
    other = await make_member()
    theirs = await suggest(other, 1)
    poison = await make("inbox_messages", member, body=b"x", received_at=MONDAY)
    await store(other, "1 no", now=MONDAY + timedelta(seconds=1))

    for minutes in range(10):
        await service.handle_batch(now=MONDAY + timedelta(minutes=minutes))

    row = await reply_row(poison)
    assert (row["state"], row["outcome_code"]) == ("ignored", "failed")
    assert await state_of(theirs) == "dismissed"


async def test_a_reply_after_one_that_was_given_up_is_handled(member):
    ben = await suggest(member, 1)
    await make("inbox_messages", member, body=b"x", received_at=MONDAY)
    await store(member, "1 no", now=MONDAY + timedelta(seconds=1))

    for minutes in range(10):
        await service.handle_batch(now=MONDAY + timedelta(minutes=minutes))

    assert await state_of(ben) == "dismissed"


async def test_a_reply_whose_nudge_was_lost_is_asked_for(member):
    assert not await service.remind(now=MONDAY)
    await store(member, "1 no")

    assert await service.remind(now=MONDAY)


async def test_nobody_answers_who_was_disabled_meanwhile(member):
    ben = await suggest(member, 1)
    await db.execute("UPDATE users SET disabled_at = now() WHERE id = $1", member.scope.user_id)

    assert await answer(member, "1 yes") == ("ignored", "disabled", "")
    assert await state_of(ben) == "pending"
