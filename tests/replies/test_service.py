from datetime import timedelta

import pytest

from server import db
from server.interactions import service as interactions
from server.interactions.rules import Kind
from server.messages.segments import count_segments
from tests.replies.answering import (
    answer,
    ask_whether_it_happened,
    state_of,
    suggest,
)
from tests.times import MONDAY


async def test_yes_accepts_and_the_receipt_says_when(member):
    ben = await suggest(member, 1, "Ben")

    said = await answer(member, "1 yes")

    assert await state_of(ben) == "accepted"
    # 18:00 UTC is 19:00 in Berlin.
    assert said == ("applied", "applied", "1 Ben: yes, Mon 2/3 19:00.\nWrong? Reply undo.")


async def test_no_dismisses(member):
    ben = await suggest(member, 1)

    said = await answer(member, "no 1")

    assert await state_of(ben) == "dismissed"
    assert said[2] == "1 Ben: no.\nWrong? Reply undo."


async def test_later_snoozes_for_a_day_and_with_a_number_for_longer(member):
    ben, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")

    said = await answer(member, "1 later, 2 later 5")

    rows = await db.fetch("SELECT id, snoozed_until FROM suggestions")
    until = {row["id"]: row["snoozed_until"] for row in rows}
    assert until == {ben: MONDAY + timedelta(days=1), cleo: MONDAY + timedelta(days=5)}
    assert said[2] == (
        "1 Ben: later, back Tue 3/3.\n2 Cleo: later, back Sat 7/3.\nWrong? Reply undo."
    )


async def test_several_codes_are_answered_in_one_message(member):
    ids = [await suggest(member, code, f"P{code}") for code in (1, 2, 3, 4)]

    await answer(member, "1 yes, 2 no, 3 later")

    assert [await state_of(each) for each in ids] == [
        "accepted", "dismissed", "snoozed", "pending",
    ]  # fmt: skip


async def test_all_means_what_the_newest_message_listed(member):
    ids = [await suggest(member, code, f"P{code}") for code in (1, 2)]

    said = await answer(member, "all no")

    assert [await state_of(each) for each in ids] == ["dismissed", "dismissed"]
    assert said[1] == "applied"


async def test_a_number_that_was_answered_or_is_over_is_told_from_one_that_nobody_gave(member):
    await suggest(member, 1)
    await suggest(member, 2, "Cleo", state="expired", closed_at=MONDAY)
    await answer(member, "1 no")

    said = await answer(member, "1 yes, 2 yes, 3 yes")

    assert said[0] == "ignored"
    assert said[2] == (
        "1: answered before, or over.\n2: answered before, or over.\n"
        "3: nothing open has this number."
    )


async def test_all_but_some_leaves_those_open(member):
    ids = [await suggest(member, code, f"P{code}") for code in (1, 2, 3)]

    said = await answer(member, "yes to all but 2")

    assert [await state_of(each) for each in ids] == ["accepted", "pending", "accepted"]
    assert "P2" not in said[2]


async def test_a_verb_alone_is_for_the_only_one_that_is_open(member):
    ben = await suggest(member, 4)

    assert (await answer(member, "yes"))[1] == "applied"
    assert await state_of(ben) == "accepted"


async def test_a_verb_alone_is_asked_about_when_several_are_open(member):
    ben, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")

    said = await answer(member, "yes")

    assert [await state_of(ben), await state_of(cleo)] == ["pending", "pending"]
    assert said == ("ignored", "which_code", "Which one? Say its number, like: 1 yes")


async def test_a_verb_alone_is_for_the_one_that_is_left(member):
    _, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")
    await answer(member, "1 yes")

    assert (await answer(member, "no", now=MONDAY + timedelta(minutes=1)))[1] == "applied"
    assert await state_of(cleo) == "dismissed"


async def test_all_leaves_alone_what_is_answered(member):
    ben, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")
    await answer(member, "1 yes")

    said = await answer(member, "all no", now=MONDAY + timedelta(minutes=1))

    assert [await state_of(ben), await state_of(cleo)] == ["accepted", "dismissed"]
    assert said[2] == "2 Cleo: no.\nWrong? Reply undo."


async def test_nothing_open_is_said_so(member):
    assert await answer(member, "yes") == (
        "ignored", "nothing_open", "Nothing is waiting for an answer.",
    )  # fmt: skip
    assert (await answer(member, "all yes"))[1] == "nothing_open"


async def test_a_contradiction_is_asked_about_and_the_rest_is_done(member):
    ben, cleo = await suggest(member, 1), await suggest(member, 2, "Cleo")

    said = await answer(member, "1 yes, 1 no, 2 no")

    assert [await state_of(ben), await state_of(cleo)] == ["pending", "dismissed"]
    assert said == (
        "applied",
        "partly_applied",
        "2 Cleo: no.\n1: yes or no? Please say it again.\nWrong? Reply undo.",
    )


async def test_an_unknown_number_is_said_so(member):
    await suggest(member, 1)

    assert await answer(member, "7 yes") == (
        "ignored", "unknown", "7: nothing open has this number.",
    )  # fmt: skip


async def test_what_is_accepted_already_gets_a_friendly_word(member):
    await suggest(member, 1)
    await answer(member, "1 yes")

    said = await answer(member, "1 yes", now=MONDAY + timedelta(minutes=1))

    assert said == ("ignored", "answered", "1 Ben: answered before, or over.")


@pytest.mark.parametrize("text", ["1 later 40", "1 later 0"])
async def test_a_snooze_too_long_or_short_is_refused(member, text):
    ben = await suggest(member, 1)

    said = await answer(member, text)

    assert await state_of(ben) == "pending"
    assert said[1:] == ("days", "1: later takes 1 to 31 days.")


async def test_a_reason_that_is_gone_ends_the_suggestion(member):
    ben = await suggest(member, 1)
    contact = await db.fetch_value("SELECT contact_id FROM suggestion_contacts")
    await interactions.record_confirmed(
        member.scope, [contact], Kind.CALL, MONDAY - timedelta(hours=1), None, now=MONDAY
    )

    said = await answer(member, "1 yes")

    assert await state_of(ben) == "expired"
    assert said == ("ignored", "gone", "1 Ben: not needed any more.")


async def test_yes_to_whether_it_happened_logs_the_talk(member):
    ben = await ask_whether_it_happened(member, 3)

    said = await answer(member, "3 yes")

    assert await state_of(ben) == "confirmed"
    assert await db.fetch_value("SELECT count(*) FROM interactions WHERE state = 'confirmed'") == 1
    assert said[2] == "3 Ben: noted that you met.\nWrong? Reply undo."


async def test_no_to_whether_it_happened_misses_it(member):
    ben = await ask_whether_it_happened(member, 3)

    await answer(member, "no 3")

    assert await state_of(ben) == "missed"


async def test_later_is_no_answer_to_whether_it_happened(member):
    await ask_whether_it_happened(member, 3)

    said = await answer(member, "3 later")

    assert said == ("ignored", "yes_or_no", "3 Ben: did it happen, yes or no?")


async def test_another_user_with_the_same_code_is_not_touched(member, housemate, stranger):
    mine, theirs = await suggest(member, 1), await suggest(housemate, 1, "Cleo")

    assert (await answer(stranger, "1 yes"))[1] == "unknown"
    await answer(member, "1 yes")

    assert [await state_of(mine), await state_of(theirs)] == ["accepted", "pending"]


@pytest.mark.parametrize("text", ["Noah said yes 1", "1 I know"])
async def test_a_sentence_is_kept_as_a_note(member, text):
    ben = await suggest(member, 1)

    said = await answer(member, text)

    assert await state_of(ben) == "pending"
    assert said == ("proposed", "note", "Kept as a note. Reply help for what I understand.")


async def test_what_stands_below_a_command_is_a_note_too(member):
    ben = await suggest(member, 1)

    said = await answer(member, "1 no\n\nPlease remember that Ben moved to Oslo", channel="email")

    assert await state_of(ben) == "dismissed"
    assert said[:2] == ("proposed", "applied_with_note")


async def test_quotes_and_signature_of_a_mail_are_no_command(member):
    ben = await suggest(member, 1)
    await db.execute("UPDATE users SET name = 'Ana Lee' WHERE id = $1", member.scope.user_id)
    mail = "1 yes\n\nAna\n\nOn Sun, 1 Mar 2026 at 09:00 CatchUp <c@x.example> wrote:\n> 1 no\n"

    assert (await answer(member, mail, channel="email"))[1] == "applied"
    assert await state_of(ben) == "accepted"


@pytest.mark.parametrize("text", ["thanks!", "Liked “1 Ben”", "🎉"])
async def test_politeness_gets_no_receipt(member, text):
    state, _, receipt = await answer(member, text)

    assert (state, receipt) == ("ignored", "")


async def test_two_machines_that_talk_to_each_other_come_to_an_end(member):
    receipts = [(await answer(member, "I am out of office"))[2] for _ in range(5)]
    later = await answer(member, "I am back", now=MONDAY + timedelta(hours=2))

    assert [bool(each) for each in receipts] == [True, True, True, False, False]
    assert later[2]


async def test_the_receipt_goes_where_the_reply_came_from(member):
    await suggest(member, 1)

    await answer(member, "1 yes", channel="email")

    (row,) = await db.fetch("SELECT * FROM outbox_messages WHERE kind = 'receipt'")
    assert (row["channel"], row["is_urgent"], row["cause_kind"]) == ("email", True, "inbox")


@pytest.mark.parametrize(("language", "word"), [("de", "ja"), ("fr", "oui"), ("es", "si")])
async def test_the_receipt_is_in_the_users_language(member, language, word):
    await suggest(member, 1)
    await db.execute("UPDATE users SET language = $2 WHERE id = $1", member.scope.user_id, language)

    assert f" {word}," in (await answer(member, "1 yes"))[2]


async def test_the_receipt_for_many_long_names_is_one_sms(member):
    for code in range(1, 13):
        await suggest(member, code, f"Zoë Ångström-Łukasiewicz the {code}th")

    receipt = (await answer(member, "all no"))[2]

    assert count_segments(receipt) == 1
    assert "12" in receipt
