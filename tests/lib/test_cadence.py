import pytest

from server.lib.cadence import (
    Cadence,
    CadenceSource,
    resolve_cadence,
    spoken_word,
    stored_word,
    wished_days,
)


@pytest.mark.parametrize(
    ("word", "days"),
    [
        ("daily", 1),
        ("weekly", 7),
        ("biweekly", 14),
        ("monthly", 30),
        ("quarterly", 90),
        ("yearly", 365),
        ("flexible", 60),
        ("none", 0),
    ],
)
def test_a_stored_word_stands_for_its_days(word, days):
    assert wished_days(word, None) == days


def test_an_unset_cadence_wishes_nothing():
    assert wished_days(None, None) is None


def test_a_number_of_days_is_stored_beside_the_word_that_says_so():
    stored = stored_word(None, 45)

    assert (stored, wished_days(stored, 45)) == ("days", 45)


def test_a_number_of_days_is_not_spoken_as_a_word():
    assert spoken_word(stored_word(None, 45)) is None


@pytest.mark.parametrize("word", ["weekly", "none", None])
def test_a_word_is_spoken_as_it_was_stored(word):
    assert spoken_word(stored_word(word, None)) == word


def test_the_contacts_own_cadence_beats_circle_and_group():
    assert resolve_cadence(3, "inner", [("Friends", 90)]) == Cadence(3, CadenceSource.CONTACT)


def test_the_contacts_own_none_is_kept_and_not_inherited_over():
    assert resolve_cadence(0, "inner", []) == Cadence(None, CadenceSource.CONTACT)


@pytest.mark.parametrize(
    ("circle", "days"), [("inner", 7), ("close", 14), ("active", 30), ("casual", 90)]
)
def test_an_unset_cadence_comes_from_the_circle(circle, days):
    resolved = resolve_cadence(None, circle, [("Friends", 5)])

    assert resolved == Cadence(days, CadenceSource.CIRCLE, circle)


def test_without_a_circle_the_group_that_asks_most_often_wins():
    groups = [("School", 90), ("Climbing", 14), ("Friends", None), ("Band", 14), ("Work", 0)]

    assert resolve_cadence(None, None, groups) == Cadence(14, CadenceSource.GROUP, "Band")


def test_a_group_of_none_holds_when_no_other_group_asks():
    groups = [("Suppliers", 0), ("Friends", None)]

    assert resolve_cadence(None, None, groups) == Cadence(None, CadenceSource.GROUP, "Suppliers")


def test_a_contact_without_any_cadence_is_monthly():
    resolved = resolve_cadence(None, None, [("Friends", None)])

    assert resolved == Cadence(30, CadenceSource.DEFAULT)
