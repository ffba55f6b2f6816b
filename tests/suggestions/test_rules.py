from datetime import UTC, date, datetime, timedelta

import pytest

from server.suggestions.candidates import Answer, ImportantDate, OpenSuggestion
from server.suggestions.reasons import Blocker, BlockerCode
from server.suggestions.rules import due_on, is_due, near_date, why_not
from server.suggestions.states import DismissReason, State
from tests.suggestions.examples import BERLIN, NEW_YORK, NOW, a_candidate, days_ago, every, utc

BIRTHDAY_IN_TEN_DAYS = ImportantDate("birthday", 12, 3, 1986)
TODAY = NOW.date()


def codes(candidate, now=NOW):
    return [blocker.code for blocker in why_not(candidate, now, BERLIN)]


@pytest.mark.parametrize(("days", "due"), [(29, False), (30, True), (31, True)])
def test_a_contact_is_due_on_the_day_its_cadence_is_full(days, due):
    assert is_due(a_candidate(last_confirmed_at=days_ago(days)), NOW, BERLIN) is due


def test_a_contact_never_talked_to_is_due_when_added():
    candidate = a_candidate(added_at=NOW)

    assert is_due(candidate, NOW, BERLIN)
    assert due_on(candidate, BERLIN) == TODAY


def test_a_contact_without_cadence_is_never_due():
    assert not is_due(a_candidate(cadence=every(None)), NOW, BERLIN)


def test_a_late_call_makes_a_daily_contact_due_the_next_evening():
    late_on_monday = utc(23, 22)
    tuesday_at_six = utc(24, 17)
    candidate = a_candidate(cadence=every(1), last_confirmed_at=late_on_monday)

    assert is_due(candidate, tuesday_at_six, BERLIN)


def test_the_day_is_counted_in_the_users_zone():
    talked = utc(23, 3)
    candidate = a_candidate(cadence=every(1), last_confirmed_at=talked)

    # 03:00 UTC is still Sunday evening in New York, already Monday in Berlin.
    assert due_on(candidate, NEW_YORK) == date(2026, 11, 23)
    assert due_on(candidate, BERLIN) == date(2026, 11, 24)


@pytest.mark.parametrize(
    "talked",
    [
        # 23:30 on the evening before the clocks of Berlin change, in spring and in autumn.
        datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
        datetime(2026, 10, 24, 21, 30, tzinfo=UTC),
    ],
)
def test_a_day_of_23_or_25_hours_counts_as_one_day(talked):
    candidate = a_candidate(cadence=every(2), last_confirmed_at=talked)
    change_day = talked.astimezone(BERLIN).date() + timedelta(days=1)
    last_minute = datetime(change_day.year, change_day.month, change_day.day, 23, 59, tzinfo=BERLIN)
    first_minute = last_minute + timedelta(minutes=1)

    assert not is_due(candidate, last_minute.astimezone(UTC), BERLIN)
    assert is_due(candidate, first_minute.astimezone(UTC), BERLIN)


def test_a_talk_in_the_future_of_a_wrong_clock_is_not_due():
    assert not is_due(a_candidate(last_confirmed_at=days_ago(-3)), NOW, BERLIN)


def test_nothing_keeps_back_a_contact_that_is_due():
    assert why_not(a_candidate(last_confirmed_at=days_ago(40)), NOW, BERLIN) == []


def test_a_contact_not_due_names_the_day_it_will_be():
    candidate = a_candidate(last_confirmed_at=days_ago(10))

    assert why_not(candidate, NOW, BERLIN) == [
        Blocker(BlockerCode.NOT_DUE, {"due_on": "2026-12-13"})
    ]


@pytest.mark.parametrize(
    ("facts", "blocker"),
    [
        ({"archived": True}, Blocker(BlockerCode.ARCHIVED)),
        ({"never_suggest": True}, Blocker(BlockerCode.NEVER_SUGGEST)),
        ({"cadence": every(None)}, Blocker(BlockerCode.CADENCE_NONE)),
        ({"paused_until": utc(25, 9)}, Blocker(BlockerCode.PAUSED, {"until": "2026-11-25"})),
        ({"planned_at": utc(26, 18)}, Blocker(BlockerCode.PLANNED, {"on": "2026-11-26"})),
        (
            {"open": OpenSuggestion(State.PENDING, is_own=True)},
            Blocker(BlockerCode.OPEN_SUGGESTION, {"is_own": True}),
        ),
        (
            {"open": OpenSuggestion(State.ACCEPTED, is_own=False)},
            Blocker(BlockerCode.OPEN_SUGGESTION, {"is_own": False}),
        ),
        (
            {"open": OpenSuggestion(State.SNOOZED, is_own=True, snoozed_until=utc(27, 9))},
            Blocker(BlockerCode.SNOOZED, {"is_own": True, "until": "2026-11-27"}),
        ),
        (
            {"open": OpenSuggestion(State.SNOOZED, is_own=True, snoozed_until=utc(22, 9))},
            Blocker(BlockerCode.OPEN_SUGGESTION, {"is_own": True}),
        ),
    ],
)
def test_a_contact_that_is_due_is_kept_back_by(facts, blocker):
    candidate = a_candidate(last_confirmed_at=days_ago(40), **facts)

    assert why_not(candidate, NOW, BERLIN) == [blocker]


def test_every_blocker_is_named_not_only_the_first():
    candidate = a_candidate(archived=True, never_suggest=True, last_confirmed_at=NOW)

    assert codes(candidate) == [
        BlockerCode.ARCHIVED,
        BlockerCode.NEVER_SUGGEST,
        BlockerCode.NOT_DUE,
    ]


def test_a_pause_ends_at_its_instant():
    candidate = a_candidate(paused_until=NOW)

    assert codes(candidate, NOW) == []
    assert codes(candidate, NOW - timedelta(seconds=1)) == [BlockerCode.PAUSED]


def test_a_plan_that_is_over_keeps_nobody_back():
    assert codes(a_candidate(planned_at=days_ago(1))) == []


def test_after_a_no_the_contact_rests_a_week():
    candidate = a_candidate(answers=(Answer(days_ago(6), DismissReason.BAD_TIMING),))

    assert why_not(candidate, NOW, BERLIN) == [
        Blocker(BlockerCode.DISMISSED_RECENTLY, {"until": "2026-11-24"})
    ]
    assert codes(candidate, NOW + timedelta(days=1)) == []


def test_a_contact_of_every_day_rests_one_day_after_a_no():
    refused = Answer(days_ago(1), DismissReason.NOT_RELEVANT)

    assert codes(a_candidate(cadence=every(1), answers=(refused,))) == []


def test_after_a_yes_the_contact_needs_no_rest():
    assert codes(a_candidate(answers=(Answer(days_ago(0)),))) == []


def test_a_birthday_within_a_fortnight_prompts_before_the_cadence_does():
    candidate = a_candidate(last_confirmed_at=days_ago(3), dates=(BIRTHDAY_IN_TEN_DAYS,))

    assert codes(candidate) == []
    assert codes(candidate, NOW - timedelta(days=5)) == [BlockerCode.NOT_DUE]


def test_a_birthday_prompts_even_without_a_cadence():
    assert codes(a_candidate(cadence=every(None), dates=(BIRTHDAY_IN_TEN_DAYS,))) == []


@pytest.mark.parametrize(
    "facts", [{"archived": True}, {"never_suggest": True}, {"paused_until": utc(30, 0)}]
)
def test_a_birthday_does_not_lift_what_the_user_switched_off(facts):
    assert codes(a_candidate(dates=(BIRTHDAY_IN_TEN_DAYS,), **facts)) != []


def test_a_birthday_that_was_answered_prompts_no_second_time():
    answered = Answer(days_ago(2), about_on=date(2026, 12, 3))
    candidate = a_candidate(
        last_confirmed_at=days_ago(1), dates=(BIRTHDAY_IN_TEN_DAYS,), answers=(answered,)
    )

    assert codes(candidate) == [BlockerCode.NOT_DUE]


def test_a_birthday_on_which_they_have_talked_is_done():
    birthday = ImportantDate("birthday", TODAY.month, TODAY.day)

    assert near_date(a_candidate(dates=(birthday,)), NOW, BERLIN) is not None
    talked = a_candidate(dates=(birthday,), last_confirmed_at=NOW - timedelta(hours=1))
    assert near_date(talked, NOW, BERLIN) is None


def test_the_soonest_of_several_dates_is_the_near_one():
    wedding = ImportantDate("wedding", 11, 30, 2020)
    near = near_date(a_candidate(dates=(BIRTHDAY_IN_TEN_DAYS, wedding)), NOW, BERLIN)

    assert near is not None
    assert (near.label, near.on, near.days_until, near.years) == (
        "wedding",
        date(2026, 11, 30),
        7,
        6,
    )


def test_a_date_is_near_by_the_calendar_of_the_user():
    birthday = ImportantDate("birthday", 12, 8)
    evening = utc(23, 23, 30)

    # 23:30 UTC is the 24th in Berlin, fourteen days before; in New York still the 23rd.
    assert near_date(a_candidate(dates=(birthday,)), evening, BERLIN) is not None
    assert near_date(a_candidate(dates=(birthday,)), evening, NEW_YORK) is None
