"""Put off, and then wanted after all."""

from datetime import timedelta

from server import db
from server.preferences import service as preferences
from server.preferences.schemas import AvailabilityIn
from server.suggestions import service as suggestions
from tests.replies.answering import answer, state_of, suggest
from tests.rows import insert_suggestion
from tests.times import MONDAY

LATER = MONDAY + timedelta(minutes=5)


async def test_later_and_then_yes_is_a_change_of_mind(member):
    ben = await suggest(member, 1)
    await answer(member, "1 later")
    await answer(member, "1 later 5")

    said = await answer(member, "1 yes", now=LATER)

    assert await state_of(ben) == "accepted"
    # At the time that the message named, which is free still.
    assert said == ("applied", "applied", "1 Ben: yes, Mon 2/3 19:00.\nWrong? Reply undo.")


async def test_all_later_and_then_yes_accepts_each(member):
    ids = [await suggest(member, code, f"P{code}") for code in (1, 2)]
    await answer(member, "all later")

    await answer(member, "all yes", now=LATER)

    assert [await state_of(each) for each in ids] == ["accepted", "accepted"]


async def test_yes_to_what_was_put_off_takes_another_time_when_its_own_is_taken(member):
    ben = await suggest(member, 1)
    taken = await db.fetch_value("SELECT slot_start FROM suggestions WHERE id = $1", ben)
    await answer(member, "1 later")
    await insert_suggestion(member, slot_start=taken)

    said = await answer(member, "1 yes", now=LATER)

    assert await state_of(ben) == "accepted"
    start = await db.fetch_value("SELECT slot_start FROM suggestions WHERE id = $1", ben)
    assert start != taken
    assert start > LATER
    assert said[1] == "applied"


async def test_yes_to_what_was_put_off_elsewhere_takes_a_fresh_time(member):
    ben = await suggest(member, 1)
    await suggestions.snooze(member.scope, ben, days=3, now=MONDAY)

    await answer(member, "1 yes", now=LATER)

    assert await state_of(ben) == "accepted"
    assert await db.fetch_value("SELECT slot_start FROM suggestions WHERE id = $1", ben) > LATER


async def test_yes_after_the_time_has_gone_takes_a_fresh_one(member):
    ben = await suggest(member, 1)
    await answer(member, "1 later 5")
    tomorrow = MONDAY + timedelta(days=1)

    await answer(member, "1 yes", now=tomorrow)

    assert await state_of(ben) == "accepted"
    assert await db.fetch_value("SELECT slot_start FROM suggestions WHERE id = $1", ben) > tomorrow


async def test_where_no_time_is_free_it_stays_put_off_and_that_is_said(member):
    ben = await suggest(member, 1)
    await suggestions.snooze(member.scope, ben, days=3, now=MONDAY)
    no_hours = AvailabilityIn.model_validate({"windows": {}})
    await preferences.put_availability(member.scope, no_hours, expected=None)

    said = await answer(member, "1 yes", now=LATER)

    assert await state_of(ben) == "snoozed"
    assert said == ("ignored", "no_time", "1 Ben: no time is free; back Thu 5/3.")


async def test_an_undo_of_a_change_of_mind_puts_it_off_again(member):
    ben = await suggest(member, 1)
    await answer(member, "1 later 5")
    await answer(member, "1 yes", now=LATER)

    said = await answer(member, "undo", now=LATER + timedelta(minutes=1))

    row = await db.fetch_row("SELECT * FROM suggestions WHERE id = $1", ben)
    assert row is not None
    assert (row["state"], row["slot_start"]) == ("snoozed", None)
    assert row["snoozed_until"] == MONDAY + timedelta(days=5)
    assert said[1] == "undone"
