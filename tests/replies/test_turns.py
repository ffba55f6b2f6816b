"""Whose reply has its turn, and what happens to one that cannot be handled."""

from datetime import timedelta

import pytest

from server import db
from server.outbox import service as outbox
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


async def give_up(member, **how):
    """Let a reply come in that cannot be read, and have all its turns."""
    poison = await make("inbox_messages", member, body=b"x", received_at=MONDAY, **how)
    for minutes in range(10):
        await service.handle_batch(now=MONDAY + timedelta(minutes=minutes))
    return poison


@pytest.mark.parametrize(
    ("language", "words"), [("en", "fault of ours"), ("de-AT", "Fehler bei uns"), ("pl", "of ours")]
)
async def test_who_wrote_what_was_given_up_is_told_once_in_their_language(member, language, words):
    await db.execute("UPDATE users SET language = $2 WHERE id = $1", member.scope.user_id, language)

    poison = await give_up(member)

    (told,) = await db.fetch("SELECT kind, channel, cause_id FROM outbox_messages")
    assert (told["kind"], told["channel"], told["cause_id"]) == ("receipt", "sms", poison)
    assert words in (await service.find_receipt(member.scope, poison) or "")


async def test_while_it_is_tried_again_nobody_is_told(member):
    await make("inbox_messages", member, body=b"x", received_at=MONDAY)

    for seconds in range(0, 80, 10):
        await service.handle_batch(now=MONDAY + timedelta(seconds=seconds))

    assert await db.fetch_value("SELECT count(*) FROM outbox_messages") == 0


async def test_who_cannot_sign_in_any_more_is_not_told(member):
    await db.execute("UPDATE users SET disabled_at = now()")

    assert await give_up(member)
    assert await db.fetch_value("SELECT count(*) FROM outbox_messages") == 0


async def test_a_reply_is_given_up_also_when_nobody_can_be_told(member, monkeypatch):
    async def broken(*_, **__):
        raise LookupError("no words")

    monkeypatch.setattr(outbox, "write", broken)

    row = await reply_row(await give_up(member))

    assert (row["state"], row["outcome_code"]) == ("ignored", "failed")


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
