import pytest

from server.digests import sms
from server.digests.sms import Brief
from server.lib.languages.known import language_of
from server.messages.segments import count_segments, is_gsm

ENGLISH = language_of("en")
WHY = "You last talked 43 days ago; you wanted to keep in touch every 30 days."


def briefs(count, name="Ana Ortiz", why=WHY):
    return [Brief(code, name, "Call", "Tue 24 Nov 18:30", why) for code in range(1, count + 1)]


def test_a_short_digest_says_why():
    assert sms.digest(briefs(1), "1 yes, 1 later or 1 no", ENGLISH) == (
        "1 Ana Ortiz: Call Tue 24 Nov 18:30. You last talked 43 days ago; you wanted to keep in"
        " touch every 30 days.\nReply 1 yes, 1 later or 1 no"
    )


def test_a_longer_one_says_only_whom_and_when():
    text = sms.digest(briefs(6), "1 yes, 2 later, 3 no", ENGLISH)

    assert "You last talked" not in text
    assert len(text.splitlines()) == 7
    assert count_segments(text) <= 2


@pytest.mark.parametrize("name", ["Ana Ortiz", "李小龍", "A" * 255])
@pytest.mark.parametrize("count", [1, 5, 50])
def test_no_digest_takes_more_than_it_may(name, count):
    text = sms.digest(briefs(count, name), "1 yes, 2 later, 3 no", ENGLISH)

    assert count_segments(text) <= sms.MOST_SEGMENTS
    assert text.endswith("Reply 1 yes, 2 later, 3 no")


def test_what_does_not_fit_is_counted():
    text = sms.digest(briefs(50), "1 yes, 2 later, 3 no", ENGLISH)

    lines = text.splitlines()
    assert lines[-2] == f"+{50 - (len(lines) - 2)} more in CatchUp"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zoë Čapek", "Zoe Capek"),
        ("Gruppe „Band“ – morgen…", 'Gruppe "Band" - morgen...'),
        ("Jürgen Groß", "Jürgen Groß"),
        ("Łukasz", "Łukasz"),
        ("李 Zoë", "李 Zoë"),
    ],
)
def test_accents_go_where_that_saves_the_alphabet(text, folded):
    assert sms.fold(text) == folded


def test_a_german_digest_is_in_the_seven_bit_alphabet():
    german = language_of("de")
    text = sms.digest(briefs(3, "Jürgen"), german.digest["answers"], german)

    assert is_gsm(text.replace("{", "").replace("}", ""))
