import re
from datetime import date

import pytest
from hypothesis import assume, given

from server.lib.languages.en import ENGLISH
from server.suggestions.engine import propose
from server.suggestions.reasons import Blocker, BlockerCode, Reason, ReasonCode
from server.suggestions.sentences import blocker_sentence, sentence, sentences
from tests.suggestions.examples import BERLIN, NOW, circles_of_people, free_times, quick

TODAY = date(2026, 11, 23)


def cadence(days=30, source="contact", inherited_from=None, last_on="2026-10-11"):
    data = {
        "cadence_days": days,
        "source": source,
        "inherited_from": inherited_from,
        "last_on": last_on,
    }
    return Reason(ReasonCode.CADENCE_REACHED, 231.95, data, TODAY)


def reason(code, **data):
    return Reason(code, 12.34, data, TODAY)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        (
            cadence(),
            "You last talked 43 days ago; you wanted to keep in touch every 30 days.",
        ),
        (
            cadence(days=1, last_on="2026-11-22"),
            "You last talked yesterday; you wanted to keep in touch every day.",
        ),
        (
            cadence(days=7, source="circle", inherited_from="inner"),
            "You last talked 43 days ago; with your inner circle the aim is every 7 days.",
        ),
        (
            cadence(days=14, source="group", inherited_from="Band"),
            "You last talked 43 days ago; with Band you wanted to talk every 14 days.",
        ),
        (
            cadence(source="default"),
            "You last talked 43 days ago; as you chose no rhythm, the aim is every 30 days.",
        ),
        (reason(ReasonCode.NEVER_CONTACTED), "You have never noted a talk with Ana."),
        (
            reason(ReasonCode.IMPORTANT_DATE, label="birthday", on="2026-12-03", years=None),
            "Ana's birthday is on 3 December.",
        ),
        (
            reason(ReasonCode.IMPORTANT_DATE, label="birthday", on="2026-12-03", years=40),
            "Ana's birthday is on 3 December: 40 years.",
        ),
        (
            reason(ReasonCode.IMPORTANT_DATE, label="wedding", on="2027-01-02", years=6),
            "A date to remember with Ana: wedding, on 2 January 2027: 6 years.",
        ),
        (
            reason(ReasonCode.IMPORTANT_DATE, label="wedding", on="2026-12-03", years=1),
            "A date to remember with Ana: wedding, on 3 December: 1 year.",
        ),
        (
            reason(ReasonCode.IMPORTANT_DATE, label="other", on="2026-12-03", years=None),
            "A date to remember with Ana is on 3 December.",
        ),
        (reason(ReasonCode.CIRCLE, circle="inner"), "Ana is in your inner circle."),
        (
            reason(ReasonCode.CLOSE_FRIENDS, group="Close Friends"),
            "Ana is one of your Close Friends.",
        ),
        (
            reason(ReasonCode.SHARED_TAGS, tags=["climbing", "jazz"]),
            "You have in common: climbing, jazz.",
        ),
        (
            reason(ReasonCode.FALLING_RHYTHM, recent_days=40, before_days=15),
            (
                "You talk more rarely than you used to: lately about every 40 days, before that"
                " every 15 days."
            ),
        ),
        (reason(ReasonCode.ACCEPTED_BEFORE, times=1), "You said yes to Ana once lately."),
        (reason(ReasonCode.REFUSED_BEFORE, times=3), "You passed on Ana 3 times lately."),
        (reason(ReasonCode.SAME_CITY), "Ana is in your city, so you could meet."),
        (
            reason(ReasonCode.TRAVEL_NEEDED),
            "You like to meet Ana in person; Ana is in another city, so it needs a journey.",
        ),
        (reason(ReasonCode.PREFERS_REMOTE), "You prefer a call with Ana."),
        (reason(ReasonCode.OTHER_CITY), "Ana is in another city, so a call fits."),
        (
            reason(ReasonCode.PLACE_UNKNOWN),
            "It is not known whether Ana is in your city, so a call fits.",
        ),
        (
            reason(ReasonCode.ZONE_ASSUMED, zone="Europe/Berlin"),
            "Ana's time zone is not known; the time assumes that it is yours.",
        ),
    ],
)
def test_a_reason_in_words(stored, words):
    assert sentence(stored, "Ana", TODAY) == words


@pytest.mark.parametrize(
    ("blocker", "words"),
    [
        (Blocker(BlockerCode.ARCHIVED), "Ana is archived."),
        (
            Blocker(BlockerCode.PAUSED, {"until": "2026-12-03"}),
            "Suggestions for Ana are paused until 3 December.",
        ),
        (Blocker(BlockerCode.NEVER_SUGGEST), "You asked never to be reminded of Ana."),
        (
            Blocker(BlockerCode.OPEN_SUGGESTION, {"is_own": True}),
            "You already have an open suggestion for Ana.",
        ),
        (
            Blocker(BlockerCode.OPEN_SUGGESTION, {"is_own": False}),
            "Someone in your household already has an open suggestion for Ana.",
        ),
        (
            Blocker(BlockerCode.SNOOZED, {"is_own": True, "until": "2026-12-03"}),
            "You put the suggestion for Ana off until 3 December.",
        ),
        (
            Blocker(BlockerCode.PLANNED, {"on": "2026-12-03"}),
            "You already have something planned with Ana on 3 December.",
        ),
        (
            Blocker(BlockerCode.DISMISSED_RECENTLY, {"until": "2026-12-03"}),
            "You passed on Ana lately; the next suggestion may come on 3 December.",
        ),
        (
            Blocker(BlockerCode.CADENCE_NONE),
            "You want no rhythm with Ana, so no talk comes due.",
        ),
        (
            Blocker(BlockerCode.NOT_DUE, {"due_on": "2027-01-02"}),
            "A talk with Ana is not due before 2 January 2027.",
        ),
        (
            Blocker(BlockerCode.LIMIT_REACHED, {"max_open": 5}),
            "You want at most 5 open suggestions at a time; others came first.",
        ),
        (Blocker(BlockerCode.NO_FREE_SLOT), "You have no free time left in the coming days."),
        (
            Blocker(BlockerCode.NO_CIVIL_SLOT, {"zone": "Asia/Tokyo"}),
            "None of your free times lies between 08:00 and 22:00 for Ana (Asia/Tokyo).",
        ),
    ],
)
def test_a_blocker_in_words(blocker, words):
    assert blocker_sentence(blocker, "Ana", TODAY) == words


def test_days_are_counted_to_the_day_of_reading():
    assert sentence(cadence(), "Ana", date(2026, 11, 25)).startswith("You last talked 45 days ago")


def test_a_reader_whose_calendar_is_behind_reads_today():
    assert sentence(cadence(), "Ana", date(2026, 10, 10)).startswith("You last talked today;")


def test_a_date_of_this_year_is_said_without_the_year():
    assert ENGLISH.spoken_day(date(2026, 12, 3), TODAY) == "3 December"
    assert ENGLISH.spoken_day(date(2027, 1, 3), TODAY) == "3 January 2027"


def test_braces_in_a_name_are_only_a_name():
    assert sentence(reason(ReasonCode.PREFERS_REMOTE), "{zone}", TODAY) == (
        "You prefer a call with {zone}."
    )


@quick
@given(circles_of_people(), free_times())
def test_all_that_the_engine_says_has_words_without_a_score(candidates, free):
    result = propose(candidates, free, [], now=NOW, zone=BERLIN)
    assume(result.proposals or result.blocked)
    said = [
        line for each in result.proposals for line in sentences(each.reasons, "Ana", NOW.date())
    ]
    said += [
        blocker_sentence(blocker, "Ana", NOW.date())
        for blockers in result.blocked.values()
        for blocker in blockers
    ]

    assert all(line.endswith(".") for line in said)
    # A weight or a score has decimals; days and years have none.
    assert not any(re.search(r"\d\.\d|score|point|rank", line) for line in said)


def test_name_that_ends_in_a_full_stop_brings_no_second_one():
    assert blocker_sentence(Blocker(BlockerCode.ARCHIVED), "James Doe Sr.", TODAY) == (
        "James Doe Sr. is archived."
    )
    reason = Reason(ReasonCode.NEVER_CONTACTED, 100.0, {}, TODAY)
    assert sentence(reason, "James Doe Sr.", TODAY) == (
        "You have never noted a talk with James Doe Sr."
    )
