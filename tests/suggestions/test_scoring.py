import json
import math
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from server.suggestions.candidates import Answer, ImportantDate, SharedTag
from server.suggestions.reasons import Reason, ReasonCode
from server.suggestions.rules import why_not
from server.suggestions.scoring import Trigger, rank, score, total_weight
from server.suggestions.states import DismissReason
from tests.suggestions.examples import BERLIN, NOW, a_candidate, candidates, days_ago, every, quick

BIRTHDAY_IN_TEN_DAYS = ImportantDate("birthday", 12, 3, 1986)


def scored(**facts):
    return score(a_candidate(**facts), NOW, BERLIN)


def reason(code, **facts):
    return next((each for each in scored(**facts).reasons if each.code == code), None)


def talks(*gaps):
    """Times of talks with these gaps in days between them, the last one 40 days ago."""
    days = [40]
    for gap in reversed(gaps):
        days.append(days[-1] + gap)
    return tuple(days_ago(day) for day in days)


@pytest.mark.parametrize("beyond", [0, 1, 13, 200])
def test_the_score_grows_with_the_logarithm_of_the_days_beyond(beyond):
    result = scored(last_confirmed_at=days_ago(30 + beyond))

    assert result.score == round(100 + 50 * math.log(1 + beyond), 2)


def test_the_cadence_reason_keeps_the_data_it_came_from():
    found = reason(ReasonCode.CADENCE_REACHED, last_confirmed_at=days_ago(43))

    assert found.as_of == date(2026, 10, 11)
    assert found.data == {
        "cadence_days": 30,
        "source": "contact",
        "inherited_from": None,
        "last_on": "2026-10-11",
        "days_since": 43,
        "days_beyond": 13,
    }


def test_a_contact_never_talked_to_scores_100_however_long_ago_it_was_added():
    result = scored(added_at=days_ago(2000))

    assert result.score == 100
    assert [each.code for each in result.reasons] == [ReasonCode.NEVER_CONTACTED]


def test_a_close_friend_comes_before_everybody_equally_late():
    late = {"last_confirmed_at": days_ago(40)}
    refusals = tuple(Answer(days_ago(20), DismissReason.NOT_RELEVANT) for _ in range(9))
    dear = scored(number=1, **late, group_names=("close friends",), answers=refusals)
    tags = tuple(SharedTag(f"tag {number}", NOW.date()) for number in range(20))
    other = scored(
        number=2,
        **late,
        circle="inner",
        shared_tags=tags,
        dates=(ImportantDate("birthday", NOW.month, NOW.day),),
        talks=talks(2, 2, 90, 90),
        answers=tuple(Answer(days_ago(20)) for _ in range(9)),
    )

    assert dear.score > other.score


def test_nearer_circles_come_first():
    by_circle = [scored(circle=name).score for name in ("inner", "close", "active", "casual")]

    assert by_circle == sorted(by_circle, reverse=True)
    assert len(set(by_circle)) == 4


def test_a_birthday_counts_more_the_nearer_it_is():
    weights = [
        reason(ReasonCode.IMPORTANT_DATE, dates=(ImportantDate("birthday", 12, day),)).weight
        for day in (7, 3, 1)
    ]

    assert weights == sorted(weights)
    assert weights[0] == 10


def test_a_contact_due_and_near_its_birthday_stays_timebound_and_names_the_date():
    result = scored(last_confirmed_at=days_ago(40), dates=(BIRTHDAY_IN_TEN_DAYS,))

    assert result.trigger is Trigger.TIMEBOUND
    assert result.about_on == date(2026, 12, 3)


def test_a_contact_not_due_is_triggered_by_its_birthday_alone():
    result = scored(last_confirmed_at=days_ago(3), dates=(BIRTHDAY_IN_TEN_DAYS,))

    assert result.trigger is Trigger.IMPORTANT_DATE
    assert [each.code for each in result.reasons] == [ReasonCode.IMPORTANT_DATE]
    assert result.reasons[0].data == {"label": "birthday", "on": "2026-12-03", "years": 40}
    assert result.score > 100


def test_a_contact_neither_due_nor_near_a_date_has_no_score():
    with pytest.raises(ValueError, match="neither"):
        scored(last_confirmed_at=days_ago(3))


def test_a_shared_tag_counts_once_whatever_its_sources():
    tags = (
        SharedTag("jazz", date(2026, 11, 1)),
        SharedTag("jazz", date(2026, 11, 9)),
        SharedTag("climbing", date(2026, 10, 1)),
    )
    found = reason(ReasonCode.SHARED_TAGS, shared_tags=tags)

    assert found.data == {"tags": ["climbing", "jazz"]}
    assert found.weight == 6
    assert found.as_of == date(2026, 11, 9)


def test_growing_gaps_are_a_falling_rhythm():
    found = reason(ReasonCode.FALLING_RHYTHM, talks=talks(10, 14, 20, 28))

    assert found.data == {"recent_days": 24, "before_days": 12}
    assert found.weight == 10
    assert found.as_of == days_ago(40).date()


@pytest.mark.parametrize("gaps", [(20, 20, 20, 20), (28, 20, 14, 10), (5, 50), ()])
def test_steady_shrinking_or_few_gaps_are_no_falling_rhythm(gaps):
    assert reason(ReasonCode.FALLING_RHYTHM, talks=talks(*gaps)) is None


def test_several_talks_on_one_day_are_one_beat_of_the_rhythm():
    twice_a_day = (*talks(20, 20, 20), *(at + timedelta(minutes=5) for at in talks(20, 20, 20)))

    assert reason(ReasonCode.FALLING_RHYTHM, talks=twice_a_day) is None


@pytest.mark.parametrize(
    ("dismissed", "weight"),
    [
        (DismissReason.NOT_RELEVANT, -6),
        (DismissReason.OTHER, -6),
        (DismissReason.BAD_TIMING, -2),
    ],
)
def test_a_refusal_lowers_the_score_by_what_it_says_of_the_person(dismissed, weight):
    found = reason(ReasonCode.REFUSED_BEFORE, answers=(Answer(days_ago(20), dismissed),))

    assert found.weight == weight


def test_met_too_recently_is_no_refusal():
    answers = (Answer(days_ago(20), DismissReason.MET_TOO_RECENTLY),)

    assert reason(ReasonCode.REFUSED_BEFORE, answers=answers) is None


def test_what_the_user_accepted_raises_the_score_up_to_a_bound():
    once = reason(ReasonCode.ACCEPTED_BEFORE, answers=(Answer(days_ago(20)),))
    often = reason(
        ReasonCode.ACCEPTED_BEFORE, answers=tuple(Answer(days_ago(day)) for day in range(20, 40))
    )

    assert (once.weight, often.weight) == (3, 9)
    assert often.data == {"times": 20}
    assert often.as_of == days_ago(20).date()


def test_answers_older_than_ninety_days_are_forgotten():
    answers = (Answer(days_ago(91)), Answer(days_ago(91), DismissReason.NOT_RELEVANT))

    assert [each.code for each in scored(answers=answers).reasons] == [ReasonCode.NEVER_CONTACTED]


def test_equal_scores_go_by_the_longest_silence_then_by_id():
    quiet = a_candidate(5, cadence=every(60), last_confirmed_at=days_ago(63))
    first = a_candidate(2, last_confirmed_at=days_ago(33))
    second = a_candidate(4, last_confirmed_at=days_ago(33))
    ranked = rank(score(each, NOW, BERLIN) for each in (second, first, quiet))

    assert [each.candidate for each in ranked] == [quiet, first, second]


@quick
@given(candidates())
def test_the_stored_weights_add_up_to_the_score(candidate):
    assume(not why_not(candidate, NOW, BERLIN))
    result = score(candidate, NOW, BERLIN)
    stored = json.loads(json.dumps([each.as_json() for each in result.reasons]))

    assert tuple(Reason.from_json(each) for each in stored) == result.reasons
    assert total_weight(map(Reason.from_json, stored)) == result.score
    assert all(round(each.weight, 2) == each.weight for each in result.reasons)


@quick
@given(st.integers(1, 365), st.integers(0, 3000), st.integers(1, 3000))
def test_more_days_beyond_the_threshold_score_higher(cadence, beyond, more):
    def late_by(days):
        last = days_ago(cadence + days)
        return scored(cadence=every(cadence), last_confirmed_at=last).score

    assert late_by(beyond + more) > late_by(beyond)
