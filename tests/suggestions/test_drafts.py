from datetime import UTC, date, datetime, timedelta

import pytest

from server.lib.intervals import Interval
from server.suggestions.drafts import draft_message
from server.suggestions.reasons import Reason, ReasonCode
from server.suggestions.slots import Way
from tests.suggestions.examples import BERLIN, NEW_YORK, TOKYO, slot

EVENING = slot(26, 17, 30)


def silence(days):
    data = {"days_since": days, "cadence_days": 30}
    return Reason(ReasonCode.CADENCE_REACHED, 231.95, data, date(2026, 10, 11))


def important(label):
    data = {"label": label, "on": "2026-12-03", "years": None}
    return Reason(ReasonCode.IMPORTANT_DATE, 20.0, data, date(2026, 12, 3))


def draft(way=Way.CALL, nickname=None, at=EVENING, contact_zone=BERLIN, reasons=(), **others):
    return draft_message(
        way,
        "Ana Ortiz",
        nickname,
        at,
        zone=BERLIN,
        contact_zone=contact_zone,
        reasons=reasons,
        **others,
    )


def test_a_call_after_a_long_silence():
    assert draft(reasons=[silence(43)]) == (
        "Hi Ana Ortiz! It has been a while, and I would love to hear how you are."
        " Shall we have a call on Thursday 26 November at 18:30?"
        " If another time suits you better, just tell me."
    )


def test_a_meeting_is_asked_for_as_a_meeting():
    assert "Would you like to meet on Thursday" in draft(way=Way.IN_PERSON)


def test_the_nickname_greets_when_there_is_one():
    assert draft(nickname="Anita").startswith("Hi Anita!")


def test_a_short_silence_is_not_mentioned():
    assert "a while" not in draft(reasons=[silence(7)])


def test_a_birthday_opens_the_message():
    message = draft(reasons=[silence(43), important("birthday")])

    assert "Your birthday made me think of you." in message
    assert "a while" not in message


def test_another_date_stays_unsaid_for_it_may_be_a_sad_one():
    assert "funeral" not in draft(reasons=[important("funeral")])


def test_the_time_is_told_on_both_clocks_where_they_differ():
    assert "on Thursday 26 November at 12:30 your time (18:30 mine)" in draft(contact_zone=NEW_YORK)


def test_both_days_are_told_where_they_differ():
    assert "on Friday 27 November at 06:00 your time (Thursday 26 November at 22:00 mine)" in draft(
        at=slot(26, 21), contact_zone=TOKYO
    )


@pytest.mark.parametrize(
    ("at", "told"),
    [
        # For one week in autumn Berlin is five hours ahead of New York, not six.
        (datetime(2026, 10, 26, 17, tzinfo=UTC), "13:00 your time (18:00 mine)"),
        (datetime(2026, 11, 2, 17, tzinfo=UTC), "12:00 your time (18:00 mine)"),
    ],
)
def test_the_clocks_are_those_of_the_day_of_the_talk(at, told):
    assert told in draft(at=Interval(at, at + timedelta(minutes=30)), contact_zone=NEW_YORK)


def test_the_message_names_neither_days_nor_score():
    message = draft(reasons=[silence(43)])

    assert "43" not in message
    assert "30 days" not in message
    assert "231" not in message


def test_a_name_over_two_lines_greets_on_one():
    assert draft(nickname="An\n ita").startswith("Hi An ita!")


def test_a_language_without_a_text_gets_english():
    assert draft(language="xx") == draft(language="en")
