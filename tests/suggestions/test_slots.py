from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.lib.intervals import Interval
from server.suggestions.candidates import ImportantDate, PreferredWay
from server.suggestions.reasons import Blocker, BlockerCode, ReasonCode
from server.suggestions.scoring import score
from server.suggestions.slots import Way, assign, choose_way, choose_zone, cut_slots, is_civil
from tests.suggestions.examples import (
    BERLIN,
    KATHMANDU,
    NEW_YORK,
    NOW,
    TOKYO,
    a_candidate,
    days_ago,
    slot,
    utc,
)


def ranked(*candidates):
    return [score(each, NOW, BERLIN) for each in candidates]


def place(candidates, slots, taken=(), *, open_count=0, max_open=5):
    return assign(
        ranked(*candidates),
        slots,
        taken,
        now=NOW,
        zone=BERLIN,
        open_count=open_count,
        max_open=max_open,
    )


def slots_of(placement):
    return [proposal.slot for proposal in placement.proposals]


def test_free_time_is_cut_into_slots_every_half_hour():
    free = [Interval(utc(24, 17), utc(24, 19))]

    assert cut_slots(free, 60) == [
        slot(24, 17, 0, 60),
        slot(24, 17, 30, 60),
        slot(24, 18, 0, 60),
    ]


def test_a_slot_starts_on_a_quarter_of_an_hour():
    free = [Interval(utc(24, 17) + timedelta(minutes=7, seconds=23), utc(24, 18))]

    assert cut_slots(free, 30) == [slot(24, 17, 15)]


def test_a_span_that_only_just_fits_is_a_slot_as_it_is():
    assert cut_slots([slot(24, 17, 10)], 30) == [slot(24, 17, 10)]


def test_free_time_shorter_than_a_slot_is_left_out():
    assert cut_slots([slot(24, 17, 0, minutes=29)], 30) == []


@pytest.mark.parametrize(
    ("hour", "minute", "civil"),
    [(6, 45, False), (7, 0, True), (20, 30, True), (20, 45, False), (22, 45, False)],
)
def test_a_civil_slot_lies_wholly_between_8_and_22(hour, minute, civil):
    # Berlin is an hour ahead of UTC in November.
    assert is_civil(slot(24, hour, minute), BERLIN) is civil


def test_civil_hours_follow_the_clock_change():
    sunday_of_change = datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    before = sunday_of_change - timedelta(days=1)
    half_hour = timedelta(minutes=30)

    assert is_civil(Interval(sunday_of_change, sunday_of_change + half_hour), BERLIN)
    assert not is_civil(Interval(before, before + half_hour), BERLIN)


def test_civil_hours_know_zones_off_the_hour():
    # Kathmandu is 5:45 ahead: 02:15 UTC is 08:00 there.
    assert is_civil(slot(24, 2, 15), KATHMANDU)
    assert not is_civil(slot(24, 2, 0), KATHMANDU)


def test_the_first_in_rank_gets_the_earliest_slot():
    first, second = a_candidate(1, last_confirmed_at=days_ago(50)), a_candidate(2)
    placement = place([first, second], [slot(24, 18), slot(24, 17)])

    assert slots_of(placement) == [slot(24, 17), slot(24, 18)]
    assert [each.contact_ids for each in placement.proposals] == [
        (first.contact_id,),
        (second.contact_id,),
    ]


def test_a_slot_goes_to_one_contact_only():
    first, second = a_candidate(1), a_candidate(2)
    placement = place([first, second], [slot(24, 17)])

    assert slots_of(placement) == [slot(24, 17)]
    assert placement.unplaced == {second.contact_id: Blocker(BlockerCode.NO_FREE_SLOT)}


def test_overlapping_slots_are_not_both_given_away():
    placement = place([a_candidate(1), a_candidate(2)], [slot(24, 17), slot(24, 17, 15)])

    assert slots_of(placement) == [slot(24, 17)]


def test_a_slot_over_an_open_suggestion_is_not_given_away():
    placement = place([a_candidate()], [slot(24, 17), slot(24, 18)], [slot(24, 17, 15)])

    assert slots_of(placement) == [slot(24, 18)]


def test_nothing_is_proposed_in_the_past_or_within_the_hour():
    too_soon = Interval(NOW + timedelta(minutes=59), NOW + timedelta(minutes=89))
    soon = Interval(NOW + timedelta(minutes=60), NOW + timedelta(minutes=90))
    placement = place([a_candidate()], [slot(22, 17), too_soon, soon])

    assert slots_of(placement) == [soon]


def test_suggestions_are_spread_over_the_days():
    three = [a_candidate(number) for number in (1, 2, 3)]
    placement = place(three, [slot(24, 17), slot(24, 18), slot(25, 17), slot(25, 18)])

    assert slots_of(placement) == [slot(24, 17), slot(25, 17), slot(24, 18)]


def test_a_day_with_an_open_suggestion_is_taken_later():
    placement = place([a_candidate()], [slot(24, 18), slot(25, 18)], [slot(24, 12)])

    assert slots_of(placement) == [slot(25, 18)]


def test_a_birthday_is_given_the_slot_nearest_to_it():
    born = a_candidate(dates=(ImportantDate("birthday", 11, 27),))
    placement = place([born], [slot(24, 17), slot(26, 17), slot(26, 19), slot(29, 17)])

    assert slots_of(placement) == [slot(26, 17)]
    assert placement.proposals[0].about_on == date(2026, 11, 27)


def test_a_birthday_is_not_kept_late_while_there_is_time_before():
    born = a_candidate(dates=(ImportantDate("birthday", 11, 27),))
    placement = place([born], [slot(25, 17), slot(28, 17)])
    too_late = place([born], [slot(28, 17), slot(29, 17)])

    assert slots_of(placement) == [slot(25, 17)]
    assert slots_of(too_late) == [slot(28, 17)]


def test_the_slot_is_civil_in_the_contacts_zone():
    # 18:00 in Berlin is 02:00 in Tokyo; 10:00 in Berlin is 18:00 there.
    placement = place([a_candidate(zone=TOKYO)], [slot(24, 17), slot(28, 9)])

    assert slots_of(placement) == [slot(28, 9)]
    assert placement.proposals[0].zone is TOKYO


def test_a_contact_asleep_in_all_free_time_is_passed_over_and_the_next_served():
    far, near = a_candidate(1, zone=TOKYO), a_candidate(2)
    placement = place([far, near], [slot(24, 17)])

    assert [each.contact_ids for each in placement.proposals] == [(near.contact_id,)]
    assert placement.unplaced == {
        far.contact_id: Blocker(BlockerCode.NO_CIVIL_SLOT, {"zone": "Asia/Tokyo"})
    }


def test_no_more_than_the_limit_are_open_afterwards():
    people = [a_candidate(number) for number in (1, 2, 3)]
    slots = [slot(day, 17) for day in (24, 25, 26)]
    placement = place(people, slots, open_count=3, max_open=5)

    assert len(placement.proposals) == 2
    assert placement.unplaced == {
        people[2].contact_id: Blocker(BlockerCode.LIMIT_REACHED, {"max_open": 5})
    }


def test_a_lowered_limit_proposes_nothing():
    placement = place([a_candidate()], [slot(24, 17)], open_count=5, max_open=2)

    assert placement.proposals == []


def test_way_and_zone_are_reasons_that_leave_the_score_alone():
    proposal = place([a_candidate(has_place=True)], [slot(24, 17)]).proposals[0]

    assert [(each.code, each.weight) for each in proposal.reasons] == [
        (ReasonCode.NEVER_CONTACTED, 100),
        (ReasonCode.PLACE_UNKNOWN, 0),
        (ReasonCode.ZONE_ASSUMED, 0),
    ]
    assert proposal.score == 100


@pytest.mark.parametrize(
    ("same_city", "preferred", "way", "why"),
    [
        (True, None, Way.IN_PERSON, ReasonCode.SAME_CITY),
        (True, PreferredWay.IN_PERSON, Way.IN_PERSON, ReasonCode.SAME_CITY),
        (True, PreferredWay.REMOTE, Way.CALL, ReasonCode.PREFERS_REMOTE),
        (False, None, Way.CALL, ReasonCode.OTHER_CITY),
        (False, PreferredWay.IN_PERSON, Way.IN_PERSON, ReasonCode.TRAVEL_NEEDED),
        (False, PreferredWay.REMOTE, Way.CALL, ReasonCode.PREFERS_REMOTE),
        (None, None, Way.CALL, ReasonCode.PLACE_UNKNOWN),
        (None, PreferredWay.IN_PERSON, Way.CALL, ReasonCode.PLACE_UNKNOWN),
        (None, PreferredWay.REMOTE, Way.CALL, ReasonCode.PREFERS_REMOTE),
    ],
)
def test_in_person_needs_the_same_city_or_the_travel_said(same_city, preferred, way, why):
    candidate = a_candidate(same_city=same_city, preferred_way=preferred)

    assert choose_way(candidate) == (way, why)


@pytest.mark.parametrize(
    ("facts", "zone", "assumed"),
    [
        ({"zone": NEW_YORK, "has_place": True}, NEW_YORK, False),
        ({"has_place": False}, BERLIN, False),
        ({"has_place": True}, BERLIN, True),
        ({"has_place": True, "same_city": False}, BERLIN, True),
        ({"has_place": True, "same_city": True}, BERLIN, False),
    ],
)
def test_the_users_zone_stands_in_and_is_named_when_a_place_might_differ(facts, zone, assumed):
    found: tuple[ZoneInfo, bool] = choose_zone(a_candidate(**facts), BERLIN)

    assert found == (zone, assumed)
