from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.lib.intervals import Interval
from server.suggestions.candidates import OpenSuggestion
from server.suggestions.engine import Pass, propose
from server.suggestions.reasons import Blocker, BlockerCode
from server.suggestions.scoring import total_weight
from server.suggestions.slots import is_civil
from server.suggestions.states import State
from tests.suggestions.examples import (
    BERLIN,
    NOW,
    a_candidate,
    circles_of_people,
    days_ago,
    free_times,
    quick,
    slot,
    utc,
)

EVENING = Interval(utc(24, 17), utc(24, 20))


def run(candidates, free, taken=(), **limits) -> Pass:
    return propose(candidates, free, taken, now=NOW, zone=BERLIN, **limits)


def test_a_due_contact_is_proposed_in_free_time():
    result = run([a_candidate(last_confirmed_at=days_ago(40))], [EVENING])

    assert [proposal.slot for proposal in result.proposals] == [slot(24, 17)]
    assert result.blocked == {}


def test_slots_are_as_long_as_the_user_asks():
    result = run([a_candidate()], [EVENING], minutes=90)

    assert result.proposals[0].slot.minutes == 90


def test_five_suggestions_are_open_unless_the_user_wants_another_number():
    people = [a_candidate(number) for number in range(9)]

    assert len(run(people, [EVENING]).proposals) == 5
    assert len(run(people, [EVENING], max_open=2).proposals) == 2


def test_without_free_time_nobody_is_proposed():
    candidate = a_candidate()

    assert run([candidate], []) == Pass(
        [], {candidate.contact_id: [Blocker(BlockerCode.NO_FREE_SLOT)]}
    )


def test_an_archived_contact_keeps_nobodys_slot():
    archived = a_candidate(1, archived=True, last_confirmed_at=days_ago(400))
    result = run([archived, a_candidate(2)], [slot(24, 17)])

    assert result.blocked == {archived.contact_id: [Blocker(BlockerCode.ARCHIVED)]}
    assert len(result.proposals) == 1


@quick
@given(circles_of_people(), free_times())
def test_every_contact_is_proposed_or_told_why_not(candidates, free):
    result = run(candidates, free)
    proposed = [contact_id for each in result.proposals for contact_id in each.contact_ids]

    assert sorted([*proposed, *result.blocked]) == [each.contact_id for each in candidates]
    assert all(result.blocked.values())


@quick
@given(circles_of_people(), free_times(), free_times())
def test_no_proposal_overlaps_another_or_what_is_taken(candidates, free, busy):
    result = run(candidates, free, busy)
    given_away = [each.slot for each in result.proposals]

    for index, one in enumerate(given_away):
        others = [*given_away[:index], *given_away[index + 1 :], *busy]
        assert not any(one.overlaps(other) for other in others)


@quick
@given(circles_of_people(), free_times())
def test_every_slot_is_free_ahead_and_civil_for_the_contact(candidates, free):
    for proposal in run(candidates, free).proposals:
        assert proposal.slot.start > NOW
        assert any(
            span.start <= proposal.slot.start and proposal.slot.end <= span.end for span in free
        )
        assert is_civil(proposal.slot, proposal.zone)


@quick
@given(circles_of_people(), free_times())
def test_the_reasons_of_a_proposal_add_up_to_its_score(candidates, free):
    for proposal in run(candidates, free).proposals:
        assert total_weight(proposal.reasons) == proposal.score


@quick
@given(circles_of_people(), free_times(), st.randoms(use_true_random=False))
def test_the_order_of_the_contacts_changes_nothing(candidates, free, random):
    shuffled = random.sample(candidates, len(candidates))

    assert run(shuffled, free) == run(candidates, free)


@quick
@given(circles_of_people(), free_times(), st.integers(0, 6), st.integers(0, 6))
def test_a_pass_never_exceeds_the_limit(candidates, free, open_count, max_open):
    result = run(candidates, free, open_count=open_count, max_open=max_open)

    assert len(result.proposals) <= max(0, max_open - open_count)


@quick
@given(circles_of_people(), free_times())
def test_asked_alone_a_blocked_contact_hears_the_same_unless_others_came_first(candidates, free):
    result = run(candidates, free)
    for candidate in candidates:
        blockers = result.blocked.get(candidate.contact_id, [])
        if {each.code for each in blockers} & {
            BlockerCode.LIMIT_REACHED,
            BlockerCode.NO_FREE_SLOT,
            BlockerCode.NO_CIVIL_SLOT,
        }:
            continue
        assert run([candidate], free).blocked.get(candidate.contact_id, []) == blockers


@quick
@given(circles_of_people(), free_times())
def test_a_second_pass_repeats_nobody_and_no_slot(candidates, free):
    first = run(candidates, free)
    met = {contact_id for each in first.proposals for contact_id in each.contact_ids}
    pending = OpenSuggestion(State.PENDING, is_own=True)
    left = [replace(each, open=pending) if each.contact_id in met else each for each in candidates]
    taken = [each.slot for each in first.proposals]
    second = run(left, free, taken, open_count=len(taken))

    assert not met & {contact_id for each in second.proposals for contact_id in each.contact_ids}
    assert len(taken) + len(second.proposals) <= 5
