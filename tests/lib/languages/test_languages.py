import string
from datetime import date
from typing import Any

import pytest

from server.lib.languages.en import ENGLISH
from server.lib.languages.known import KNOWN, language_of
from server.lib.languages.language import Language
from server.suggestions.reasons import BlockerCode, ReasonCode

TODAY = date(2026, 11, 23)
OTHERS = [language for language in KNOWN.values() if language is not ENGLISH]
GROUPS = ("circles", "labels", "phrases", "reasons", "blockers", "draft", "digest")

CADENCE = {"cadence_days": 30, "inherited_from": None, "last_on": "2026-10-11"}
REASONS: dict[ReasonCode, dict[str, Any]] = {
    ReasonCode.CADENCE_REACHED: {**CADENCE, "source": "contact"},
    ReasonCode.IMPORTANT_DATE: {"label": "birthday", "on": "2027-12-03", "years": 40},
    ReasonCode.CIRCLE: {"circle": "inner"},
    ReasonCode.CLOSE_FRIENDS: {"group": "Close Friends"},
    ReasonCode.SHARED_TAGS: {"tags": ["climbing", "jazz"]},
    ReasonCode.FALLING_RHYTHM: {"recent_days": 40, "before_days": 1},
    ReasonCode.ACCEPTED_BEFORE: {"times": 2},
    ReasonCode.REFUSED_BEFORE: {"times": 3},
}
BLOCKERS: dict[BlockerCode, dict[str, Any]] = {
    BlockerCode.PAUSED: {"until": "2026-12-24"},
    BlockerCode.OPEN_SUGGESTION: {"is_own": False},
    BlockerCode.SNOOZED: {"is_own": True, "until": "2026-12-24"},
    BlockerCode.PLANNED: {"on": "2026-12-24"},
    BlockerCode.DISMISSED_RECENTLY: {"until": "2026-12-24"},
    BlockerCode.NOT_DUE: {"due_on": "2026-12-24"},
    BlockerCode.LIMIT_REACHED: {"max_open": 5},
    BlockerCode.NO_CIVIL_SLOT: {"zone": "Asia/Tokyo"},
}


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.tag)
@pytest.mark.parametrize("group", GROUPS)
def test_a_language_says_all_that_english_says(language: Language, group: str):
    assert set(getattr(language, group)) == set(getattr(ENGLISH, group))


@pytest.mark.parametrize("language", OTHERS, ids=lambda language: language.tag)
@pytest.mark.parametrize("group", GROUPS)
def test_a_text_takes_nothing_that_the_english_one_is_not_given(language: Language, group: str):
    given: dict[str, str] = getattr(ENGLISH, group)
    said: dict[str, str] = getattr(language, group)

    assert {key: names_in(said[key]) - names_in(given[key]) for key in given} == {
        key: set() for key in given
    }


@pytest.mark.parametrize("language", KNOWN.values(), ids=lambda language: language.tag)
def test_a_language_names_each_day_and_month(language: Language):
    for names, count in (
        (language.weekdays, 7),
        (language.short_weekdays, 7),
        (language.months, 12),
        (language.short_months, 12),
    ):
        assert len(set(names)) == len(names) == count


@pytest.mark.parametrize("language", KNOWN.values(), ids=lambda language: language.tag)
@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_can_be_said_in_every_language(language: Language, code: ReasonCode):
    said = language.reason(code, REASONS.get(code, {}), "Ana", TODAY)

    assert said.endswith(".")
    assert "{" not in said


@pytest.mark.parametrize("language", KNOWN.values(), ids=lambda language: language.tag)
@pytest.mark.parametrize("code", BlockerCode)
def test_every_blocker_can_be_said_in_every_language(language: Language, code: BlockerCode):
    said = language.blocker(code, BLOCKERS.get(code, {}), "Ana", TODAY)

    assert said.endswith((".", ")."))
    assert "{" not in said


@pytest.mark.parametrize("source", ["contact", "circle", "group", "default"])
def test_german_says_each_wish(source: str):
    data = {**CADENCE, "source": source, "inherited_from": "inner"}

    said = language_of("de").reason("cadence_reached", data, "Ana", TODAY)

    assert said.startswith("Ihr habt zuletzt vor 43 Tagen gesprochen; ")
    assert "alle 30 Tage" in said


@pytest.mark.parametrize(
    ("tag", "spoken"),
    [("de", "de"), ("de-AT", "de"), ("DE", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en")],
)
def test_whose_language_is_none_of_ours_gets_english(tag: str, spoken: str):
    assert language_of(tag).tag == spoken


def test_a_day_of_another_year_has_its_year_in_german():
    german = language_of("de")

    assert german.spoken_day(date(2027, 3, 1), TODAY) == "1. März 2027"
    assert german.spoken_day(date(2026, 12, 3), TODAY) == "3. Dezember"


def test_a_moment_is_said_in_full_and_in_brief():
    on = date(2026, 11, 29)

    assert language_of("de").spoken_moment(on, "18:00") == "Sonntag, 29. November um 18:00 Uhr"
    assert language_of("de").brief_moment(on, "18:00") == "So 29.11. 18:00"
    assert ENGLISH.brief_moment(on, "18:00") == "Sun 29 Nov 18:00"
