from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from server.messages.segments import count_segments, is_gsm
from server.replies.receipts import receipt
from server.replies.results import Handled, Line, Outcome, Said
from server.replies.texts import LANGUAGES, texts_for

BERLIN = ZoneInfo("Europe/Berlin")
WHEN = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


def said(handled, language="en", *, is_sms=True):
    return receipt(handled, texts_for(language), BERLIN, is_sms=is_sms) or ""


def lines(count, name="Ben", outcome=Outcome.YES):
    return Handled(
        "applied", "applied", [Line(n, outcome, name, WHEN) for n in range(1, count + 1)]
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_line_of_a_receipt_is_one_sms(language, outcome):
    text = said(lines(1, "Bartholomew Featherstonehaugh", outcome), language)

    assert count_segments(text) == 1
    assert is_gsm(text)
    assert text.startswith("1")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sentence", Said)
def test_every_sentence_of_a_receipt_is_one_sms(language, sentence):
    text = said(Handled("ignored", "x", said=sentence, example=99), language)

    assert 0 < count_segments(text) <= 1
    assert "{" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_says_who_writes_and_how_to_stop(language):
    """Carriers want both in it, and what did not fit in one SMS would go from its end."""
    text = said(Handled("applied", "help", said=Said.HELP, example=99), language)

    assert text.startswith("CatchUp: ")
    assert "stop" in text
    assert not text.endswith("...")


def test_the_wall_clock_is_the_users():
    assert said(lines(1)).startswith("1 Ben: yes, Tue 3/3 00:30.")


def test_names_go_before_codes_do():
    text = said(lines(6, "Maximiliane Mustermann"))

    assert count_segments(text) == 1
    assert [f"{code}" in text for code in range(1, 7)] == [True] * 6


@pytest.mark.parametrize("count", [20, 50])
def test_very_many_are_told_by_their_numbers(count):
    text = said(lines(count))

    assert count_segments(text) == 1
    assert text.startswith("1 2 3 4")


def test_a_mail_has_room_for_everything():
    text = said(lines(20, "Maximiliane Mustermann"), is_sms=False)

    assert text.count("Maximiliane Mustermann") == 20
    assert text.endswith("Wrong? Reply undo.")


def test_a_name_in_another_script_stays_as_it_is_in_one_sms():
    text = said(lines(1, "山田太郎"))

    assert "山田太郎" in text
    assert count_segments(text) == 1


def test_nothing_to_say_is_no_receipt():
    assert receipt(Handled("ignored", "thanks"), texts_for("en"), BERLIN, is_sms=True) is None


@pytest.mark.parametrize(
    ("tag", "language"), [("de-AT", "de"), ("DE", "de"), ("xx", "en"), ("", "en")]
)
def test_a_language_without_sentences_gets_english(tag, language):
    assert texts_for(tag) is LANGUAGES[language]
