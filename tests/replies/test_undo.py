from datetime import timedelta

import pytest

from server import db
from server.suggestions import service as suggestions
from server.suggestions.schemas import DismissIn
from tests.replies.answering import EVENING, answer, ask_whether_it_happened, state_of, suggest
from tests.rows import insert_suggestion
from tests.times import MONDAY

SOON = MONDAY + timedelta(minutes=5)


async def row_of(suggestion):
    (row,) = await db.fetch("SELECT * FROM suggestions WHERE id = $1", suggestion)
    return {k: v for k, v in row.items() if k not in {"updated_at", "version", "sequence"}}


@pytest.mark.parametrize("text", ["1 yes", "1 no", "1 later 5"])
async def test_an_undo_leaves_the_suggestion_as_it_was(member, text):
    ben = await suggest(member, 1)
    before = await row_of(ben)
    await answer(member, text)
    assert await state_of(ben) != "pending"

    said = await answer(member, "undo", now=SOON)

    assert await row_of(ben) == before
    assert said == ("applied", "undone", "1 Ben: taken back.")
    assert await db.fetch_value("SELECT is_open FROM suggestion_contacts") is True


@pytest.mark.parametrize("text", ["3 yes", "3 no"])
async def test_what_was_said_of_a_meeting_is_taken_back_with_its_talk(member, text):
    ben = await ask_whether_it_happened(member, 3)
    await answer(member, text)

    await answer(member, "undo", now=SOON)

    assert await state_of(ben) == "accepted"
    assert await db.fetch_value("SELECT count(*) FROM interactions") == 0


async def test_a_no_to_what_was_accepted_leads_back_to_accepted(member):
    ben = await suggest(member, 1)
    await answer(member, "1 yes")
    await answer(member, "1 no", now=SOON)
    assert await state_of(ben) == "dismissed"

    await answer(member, "undo", now=SOON + timedelta(minutes=1))

    assert await state_of(ben) == "accepted"


async def test_a_second_undo_does_not_reach_the_reply_before(member):
    ben, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")
    await answer(member, "1 yes")
    await answer(member, "2 no", now=SOON)
    await answer(member, "undo", now=SOON)

    said = await answer(member, "undo", now=SOON)

    assert [await state_of(ben), await state_of(cleo)] == ["accepted", "pending"]
    assert said == ("ignored", "nothing_to_undo", "There is nothing to take back.")


async def test_an_undo_may_name_one_code_of_several(member):
    ben, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")
    await answer(member, "1 yes 2 no")

    await answer(member, "undo 2", now=SOON)

    assert [await state_of(ben), await state_of(cleo)] == ["accepted", "pending"]


async def test_an_undo_after_a_day_is_too_late(member):
    ben = await suggest(member, 1)
    await answer(member, "1 no")

    said = await answer(member, "undo", now=MONDAY + timedelta(hours=24))

    assert await state_of(ben) == "dismissed"
    assert said[1] == "nothing_to_undo"


async def test_what_was_changed_since_stays(member):
    ben = await suggest(member, 1)
    await answer(member, "1 yes")
    await suggestions.dismiss(member.scope, ben, DismissIn(reason="bad_timing"), now=SOON)

    said = await answer(member, "undo", now=SOON)

    assert await state_of(ben) == "dismissed"
    assert said == ("ignored", "not_undone", "1 Ben: too late to take back.")


async def test_a_suggestion_whose_time_has_begun_does_not_become_pending_again(member):
    ben = await suggest(member, 1)
    await answer(member, "1 yes")

    said = await answer(member, "undo", now=EVENING + timedelta(hours=2))

    assert await state_of(ben) == "accepted"
    assert said[1] == "not_undone"


async def test_a_time_that_another_suggestion_has_now_is_not_taken_from_it(member):
    ben, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")
    await answer(member, "1 no 2 no")
    slot = await db.fetch_value("SELECT slot_start FROM suggestions WHERE id = $1", ben)
    await insert_suggestion(member, slot_start=slot)

    said = await answer(member, "undo", now=SOON)

    assert [await state_of(ben), await state_of(cleo)] == ["dismissed", "pending"]
    assert said == ("applied", "undone", "1 Ben: too late to take back.\n2 Cleo: taken back.")


async def test_a_contact_who_has_another_suggestion_now_keeps_that_one(member):
    ben = await suggest(member, 1)
    await answer(member, "1 no")
    contact = await db.fetch_value("SELECT contact_id FROM suggestion_contacts")
    await insert_suggestion(member, contact, slot_start=EVENING + timedelta(days=3))

    said = await answer(member, "undo", now=SOON)

    assert await state_of(ben) == "dismissed"
    assert said[1] == "not_undone"


async def test_nobody_undoes_what_a_housemate_did(member, housemate):
    ben = await suggest(member, 1)
    await answer(member, "1 no")

    assert (await answer(housemate, "undo", now=SOON))[1] == "nothing_to_undo"
    assert await state_of(ben) == "dismissed"
