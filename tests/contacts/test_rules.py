from datetime import timedelta

import pytest

from server.contacts import rules
from server.contacts.drafts import ContactDraft, PointDraft
from server.lib.ids import uuid7
from tests.times import MONDAY


def prepared(*, home_zone="Europe/Berlin", **fields):
    return rules.prepare(uuid7(), ContactDraft(**{"name": "Ana", **fields}), home_zone=home_zone)


def phone(value, **more):
    return PointDraft(kind="phone", value=value, **more)


def address(value, **components):
    return PointDraft(kind="address", value=value, components=components)


def test_a_given_zone_holds_against_the_location():
    contact = prepared(location="Lisbon, Portugal", zone="Asia/Tokyo")

    assert (contact.zone, contact.zone_source) == ("Asia/Tokyo", "given")


def test_a_location_that_means_one_zone_gives_it():
    contact = prepared(location="Lisbon, Portugal")

    assert (contact.zone, contact.zone_source) == ("Europe/Lisbon", "inferred")


@pytest.mark.parametrize("location", ["Springfield", "Xyzzyville", None, ""])
def test_a_zone_is_never_guessed(location):
    contact = prepared(location=location)

    assert (contact.zone, contact.zone_source) == (None, None)


def test_an_ambiguous_location_comes_with_the_places_it_may_mean():
    reason, places = rules.zone_doubt("Springfield")

    assert reason == "ambiguous"
    assert {"America/Chicago", "America/New_York"} <= {place.zone for place in places}


def test_a_location_nobody_knows_has_no_candidates():
    assert rules.zone_doubt("Xyzzyville") == ("unknown", ())


def test_a_national_phone_is_read_in_the_contacts_country():
    contact = prepared(location="Lisbon, Portugal", points=(phone("21 123 4567"),))

    assert contact.comparable == ("+351211234567",)


def test_without_a_zone_a_national_phone_is_read_in_the_users_country():
    contact = prepared(points=(phone("030 901820"),), home_zone="Europe/Berlin")

    assert contact.comparable == ("+4930901820",)


def test_a_phone_that_cannot_be_read_has_no_comparable_form():
    assert prepared(points=(phone("ask at the desk"),)).comparable == (None,)


def test_emails_compare_in_lower_case():
    contact = prepared(points=(PointDraft(kind="email", value="Ana@Example.ORG"),))

    assert contact.comparable == ("ana@example.org",)


def test_an_imported_email_that_is_none_has_no_comparable_form():
    contact = prepared(points=(PointDraft(kind="email", value="ana at example"),))

    assert contact.comparable == (None,)


@pytest.mark.parametrize("kind", ["address", "link", "social"])
def test_other_points_have_no_comparable_form(kind):
    assert prepared(points=(PointDraft(kind=kind, value="x"),)).comparable == (None,)


@pytest.mark.parametrize("search", ["jose", "JOSÉ", "pepe", "acme", "lisb", "pepe@ex"])
def test_the_search_key_covers_every_name_place_and_email(search):
    contact = prepared(
        name="José",
        nickname="Pepe",
        organisation="ACME",
        location="Lisbon",
        points=(PointDraft(kind="email", value="Pepe@Example.org"),),
    )

    assert all(word in contact.search_key for word in rules.search_words(search))


@pytest.mark.parametrize("search", ["030 901820", "(030) 90-18", "+49 30 901820", "4930901820"])
def test_the_search_key_covers_phones_in_both_spellings(search):
    contact = prepared(points=(phone("030 901820"),), home_zone="Europe/Berlin")

    assert all(word in contact.search_key for word in rules.search_words(search))


def test_words_with_letters_keep_their_punctuation():
    assert rules.search_words("a.1@x") == ["a.1@x"]


def test_a_word_of_punctuation_alone_is_searched_as_it_is():
    assert rules.search_words("--") == ["--"]


def test_a_name_key_fits_its_column_and_a_cursor():
    # Folding turns this ligature into eighteen letters.
    assert len(rules.name_key("ﷺ" * 255)) == rules.NAME_KEY_LENGTH


def test_a_point_with_the_same_kind_and_value_keeps_what_a_request_cannot_say():
    stored = phone(
        "123",
        id=uuid7(),
        label="home",
        source="import",
        params={"group": "item1"},
        confirmed_at=MONDAY,
    )

    [kept] = rules.keep_identity([stored], [phone("123", label="work")])

    assert (kept.id, kept.source, kept.params) == (stored.id, "import", {"group": "item1"})
    assert (kept.label, kept.confirmed_at) == ("work", MONDAY)


def test_a_newer_confirmation_replaces_the_older():
    stored = phone("123", id=uuid7(), confirmed_at=MONDAY)
    later = MONDAY + timedelta(days=1)

    [kept] = rules.keep_identity([stored], [phone("123", confirmed_at=later)])

    assert kept.confirmed_at == later


def test_two_points_of_the_same_value_keep_their_own_ids():
    stored = [phone("123", id=uuid7()), phone("123", id=uuid7())]

    kept = rules.keep_identity(stored, [phone("123"), phone("123"), phone("123")])

    assert [point.id for point in kept] == [stored[0].id, stored[1].id, None]


def test_another_value_is_another_point():
    [kept] = rules.keep_identity([phone("123", id=uuid7())], [phone("124")])

    assert kept.id is None


def test_an_edited_address_keeps_the_parts_that_the_api_does_not_know():
    stored = address("Rua 1", street="Rua 1", more=["floor 2"])

    [kept] = rules.keep_identity([stored], [address("Rua 1", street="Rua 2")])

    assert kept.components == {"street": "Rua 2", "more": ["floor 2"]}


def test_a_line_that_was_made_from_the_parts_follows_them():
    stored = address("Rua 1, Lisbon", street="Rua 1", locality="Lisbon")
    wanted = address("Rua 1, Lisbon", street="Rua 2", locality="Lisbon")

    [kept] = rules.keep_identity([stored], [wanted])

    assert kept.value == "Rua 2, Lisbon"


def test_printed_lines_stay_when_the_parts_change():
    stored = address("Ana Silva\nRua 1", street="Rua 1")

    [kept] = rules.keep_identity([stored], [address("Ana Silva\nRua 1", street="Rua 2")])

    assert kept.value == "Ana Silva\nRua 1"


def test_an_address_reads_in_one_line():
    parts = {
        "street": "Rua 1",
        "locality": "Lisbon",
        "postal_code": "1000-001",
        "country": "Portugal",
    }

    assert rules.address_line(parts) == "Rua 1, Lisbon, 1000-001, Portugal"


def test_a_national_phone_is_read_in_the_country_of_an_address():
    home = address("Springfield, USA", locality="Springfield", country="USA")

    contact = prepared(points=(home, phone("757 555 0101")), home_zone="Europe/Berlin")

    assert contact.comparable == (None, "+17575550101")


def test_a_national_phone_is_read_in_the_country_of_another_phone():
    contact = prepared(points=(phone("+1 212 555 0123"), phone("757 555 0101")))

    assert contact.comparable == ("+12125550123", "+17575550101")


def test_phones_that_could_be_of_several_countries_are_counted():
    contact = prepared(points=(phone("030 901820"), phone("757 555 0101"), phone("at the desk")))

    assert contact.comparable == ("+4930901820", None, None)
    assert contact.doubtful_phones == 1
