from uuid import UUID

import pytest

from server.contacts import rules
from server.contacts.drafts import ContactDraft, DateDraft, PointDraft
from server.contacts.import_rules import (
    Known,
    Matcher,
    combined,
    comparable_of,
    merged,
    was_imported,
)

A, B = UUID(int=1), UUID(int=2)
ONE, TWO = b"1" * 32, b"2" * 32
PHONE = PointDraft(kind="phone", value="+49 30 901820")


def prepared(**fields):
    draft = ContactDraft(**{"name": "Ada", **fields})
    return rules.prepare(B, draft, home_zone="Europe/Berlin")


def matcher(**fields):
    card = prepared(**fields)
    known = Known(A, card.draft.uid, card.name_key, comparable_of(card), card.draft.fingerprint)
    found = Matcher()
    found.add(known)
    return found


def matches(stored, card) -> bool:
    return matcher(**stored).find(prepared(**card)) is not None


def test_the_same_uid_is_the_same_person():
    assert matches({"uid": "1"}, {"uid": "1", "name": "Bea"})


def test_two_uids_are_two_people():
    assert not matches({"uid": "1", "points": (PHONE,)}, {"uid": "2", "points": (PHONE,)})


def test_one_uid_alone_says_nothing():
    assert matches({"uid": "1", "points": (PHONE,)}, {"points": (PHONE,)})


def test_name_and_email_in_common_are_one_person():
    assert matches(
        {"points": (PointDraft(kind="email", value="Ada@Example.org"),)},
        {"name": "ÁDA", "points": (PointDraft(kind="email", value="ada@example.org"),)},
    )


def test_a_phone_alone_is_shared_by_families():
    assert not matches({"points": (PHONE,)}, {"name": "Bea", "points": (PHONE,)})


def test_a_name_alone_is_enough_when_neither_has_phone_or_email():
    assert matches({}, {})
    assert not matches({"points": (PHONE,)}, {})


def test_a_missing_name_is_nothing_in_common():
    assert not matches({"name": "Unnamed contact"}, {"name": "Unnamed contact"})


def test_the_same_card_is_the_same_person_without_a_name():
    stored = {"name": "Unnamed contact", "fingerprint": ONE}
    assert matches(stored, stored)


def test_the_same_card_is_the_same_person_whatever_name_the_user_gave():
    stored = {"name": "Ada King", "points": (PHONE,), "fingerprint": ONE + TWO}
    assert matches(stored, {"fingerprint": TWO})
    assert not matches(stored, {"fingerprint": b"3" * 32})


def test_the_same_card_of_another_member_is_another_contact():
    known = Known(A, None, "ada", frozenset(), ONE, is_own=False)
    found = Matcher()
    found.add(known)
    assert found.find(prepared(fingerprint=ONE)) is None


def test_a_contact_knows_each_of_its_cards():
    card = ContactDraft(name="Ada", fingerprint=TWO)
    assert was_imported(ONE + TWO, card)
    assert not was_imported(ONE, card)
    assert not was_imported(None, card)


def test_a_changed_card_replaces_what_it_names_and_leaves_the_rest():
    stored = ContactDraft(name="Ada", title="Countess", notes="Mine", visibility="household")
    after = merged(stored, ContactDraft(name="Ada King", notes="Theirs", fingerprint=ONE))

    assert (after.name, after.title, after.notes) == (
        "Ada King",
        "Countess",
        "Mine\n\nTheirs",
    )
    assert (after.visibility, after.fingerprint) == ("household", ONE)


@pytest.mark.parametrize(
    ("stored", "card", "after"),
    [
        ("Mine", "Theirs", "Mine\n\nTheirs"),
        ("Mine\n\nTheirs", "Theirs", "Mine\n\nTheirs"),
        ("Theirs", "Theirs, and more", "Theirs, and more"),
        ("Mine", None, "Mine"),
        (None, "Theirs", "Theirs"),
    ],
)
def test_notes_of_the_user_survive_those_of_a_card(stored, card, after):
    known = ContactDraft(name="Ada", notes=stored)

    assert merged(known, ContactDraft(name="Ada", notes=card)).notes == after


def test_notes_of_a_card_for_which_there_is_no_room_are_kept_aside_once():
    stored = ContactDraft(name="Ada", notes="x" * 30_000)
    card = ContactDraft(name="Ada", notes="y" * 30_000)

    once = merged(stored, card)
    assert once.notes == stored.notes
    assert once.kept_properties == [["", "NOTE", [], "y" * 30_000, ""]]
    assert merged(once, card).kept_properties == once.kept_properties


def test_a_changed_card_takes_no_point_away():
    stored = ContactDraft(name="Ada", points=(PHONE,))
    email = PointDraft(kind="email", value="ada@example.org")

    assert merged(stored, ContactDraft(name="Ada", points=(email, PHONE))).points == (PHONE, email)


def test_a_person_has_one_birthday():
    stored = ContactDraft(name="Ada", dates=(DateDraft(kind="birthday", month=12, day=9),))
    card = ContactDraft(name="Ada", dates=(DateDraft(kind="birthday", month=12, day=10),))

    assert merged(stored, card).dates == card.dates


def test_of_two_cards_the_first_counts_and_the_second_adds():
    first = ContactDraft(name="Ada", title="Countess", fingerprint=ONE)
    second = ContactDraft(name="Ada", nickname="A", points=(PHONE,), tags=("chess",), uid="2")

    both = combined(first, second)

    assert (both.title, both.nickname, both.uid) == ("Countess", "A", "2")
    assert (both.points, both.tags, both.fingerprint) == ((PHONE,), ("chess",), ONE)


def test_what_the_second_card_says_otherwise_is_kept():
    first = ContactDraft(name="Ada", organisation="Here")
    second = ContactDraft(name="Ada", organisation="There; or so")

    assert combined(first, second).kept_properties == [["", "ORG", [], "There\\; or so", ""]]


def test_kept_properties_of_both_cards_are_kept_once():
    here = ["", "X-A", [], "1", ""]
    first = ContactDraft(name="Ada", kept_properties=[here, ["", "REV", [], "1", ""]])
    second = ContactDraft(
        name="Ada", kept_properties=[here, ["", "REV", [], "2", ""], ["", "X-A", [], "2", "kind"]]
    )

    kept = combined(first, second).kept_properties
    assert kept == [here, ["", "REV", [], "1", ""], ["", "X-A", [], "2", ""]]


def test_notes_too_long_together_are_kept_apart():
    first = ContactDraft(name="Ada", notes="x" * 30_000)
    second = ContactDraft(name="Ada", notes="y" * 30_000)

    both = combined(first, second)
    assert both.notes == first.notes
    assert both.kept_properties == [["", "NOTE", [], "y" * 30_000, ""]]
