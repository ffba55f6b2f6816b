from dataclasses import replace

import pytest

from server.contacts.vcard.card import (
    Address,
    Card,
    DateKind,
    ImportantDate,
    KeptProperty,
    Point,
    PointKind,
)
from server.contacts.vcard.write import write_card
from tests.contacts.vcard.cards import card_of, read_one, vcard


def lines(card):
    """Return the unfolded lines between VERSION and END."""
    text = write_card(card)
    assert text.startswith("BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert text.endswith("\r\nEND:VCARD\r\n")
    return text.replace("\r\n ", "").split("\r\n")[2:-2]


def test_a_card_needs_no_more_than_a_name():
    assert lines(Card("Ada")) == ["FN:Ada"]


def test_text_is_escaped():
    assert lines(Card("A, B; C\\", notes="a\nb")) == [r"FN:A\, B\; C\\", r"NOTE:a\nb"]


def test_fields_are_written():
    card = Card(
        "Ada",
        uid="u",
        kind="org",
        nickname="A",
        organisation="O",
        title="T",
        zone="Asia/Tokyo",
        categories=("a", "b,c"),
    )

    assert lines(card) == [
        "KIND:org",
        "UID:u",
        "FN:Ada",
        "NICKNAME:A",
        "ORG:O",
        "TITLE:T",
        "TZ:Asia/Tokyo",
        r"CATEGORIES:a,b\,c",
    ]


def test_lines_are_folded_at_75_octets_between_characters():
    text = write_card(Card("日本" * 60))

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert read_one(text.encode()).name == "日本" * 60


def test_bare_types_of_2_1_are_written_as_types():
    card = card_of("TEL;HOME;VOICE;PREF:1", version="2.1")

    assert "TEL;TYPE=home,voice;PREF=1:1" in lines(card)


def test_a_photo_of_3_0_is_written_as_data():
    card = card_of("PHOTO;ENCODING=b;TYPE=JPEG:AAAA")

    assert "PHOTO:data:image/jpeg;base64,AAAA" in lines(card)


def test_a_label_of_ones_own_stands_in_the_group():
    phone = Point(PointKind.PHONE, "1", label="Holiday home", group="item1")

    assert lines(Card("Ada", points=(phone,)))[1:] == [
        "item1.TEL:1",
        "item1.X-ABLabel:Holiday home",
    ]


def test_a_label_of_ones_own_without_group_gets_a_new_group():
    points = (
        Point(PointKind.PHONE, "1", group="item1"),
        Point(PointKind.PHONE, "2", label="Boat"),
    )

    assert lines(Card("Ada", points=points))[2:] == ["item2.TEL:2", "item2.X-ABLabel:Boat"]


def test_two_labels_do_not_share_a_group():
    points = (
        Point(PointKind.PHONE, "1", label="Boat", group="a"),
        Point(PointKind.PHONE, "2", label="Car park", group="a"),
    )

    assert lines(Card("Ada", points=points))[3:] == ["item1.TEL:2", "item1.X-ABLabel:Car park"]


def test_apples_words_are_wrapped_for_apple():
    link = Point(PointKind.LINK, "http://a", label="HomePage", group="item1")

    assert lines(Card("Ada", points=(link,)))[2] == "item1.X-ABLabel:_$!<HomePage>!$_"


def test_a_link_keeps_its_commas():
    link = Point(PointKind.LINK, "http://a/?b,c;d")

    assert lines(Card("Ada", points=(link,)))[1] == "URL:http://a/?b,c;d"


def test_the_text_of_an_address_is_its_label_when_the_components_do_not_say_it():
    address = Address(street="1 Main St")
    points = (
        Point(PointKind.ADDRESS, "1 Main St", components=address),
        Point(PointKind.ADDRESS, 'Blue "house"\nleft', components=address),
    )

    assert lines(Card("Ada", points=points))[1:] == [
        "ADR:;;1 Main St;;;;",
        "ADR;LABEL=Blue ^'house^'^nleft:;;1 Main St;;;;",
    ]


def test_a_social_handle_without_scheme_is_text():
    handle = Point(PointKind.SOCIAL, "ada", written_as="SOCIALPROFILE")

    assert lines(Card("Ada", points=(handle,)))[1] == "SOCIALPROFILE;VALUE=text:ada"


def test_a_location_that_no_address_says_is_written():
    assert lines(Card("Ada", location="Paris, France"))[1] == r"X-CATCHUP-LOCATION:Paris\, France"


def test_a_location_that_an_address_says_is_not_written_twice():
    assert not any("LOCATION" in line for line in lines(card_of("ADR:;;;Paris;;;France")))


def test_bday_and_anniversary_stand_once():
    dates = (
        ImportantDate(DateKind.BIRTHDAY, "", 1985, 4, 7),
        ImportantDate(DateKind.ANNIVERSARY, "", 2001, 1, 1),
        ImportantDate(DateKind.ANNIVERSARY, "", None, 2, 29),
        ImportantDate(DateKind.OTHER, "First met", 1999, 1, 1),
    )

    assert lines(Card("Ada", dates=dates))[1:] == [
        "BDAY:19850407",
        "ANNIVERSARY:20010101",
        "item1.X-ABDATE;X-APPLE-OMIT-YEAR=1604:1604-02-29",
        "item1.X-ABLabel:_$!<Anniversary>!$_",
        "item2.X-ABDATE:1999-01-01",
        "item2.X-ABLabel:First met",
    ]


def test_a_field_that_was_not_changed_is_written_as_it_came():
    card = card_of("item1.ORG;SORT-AS=x:Company;Department")

    assert "item1.ORG;SORT-AS=x:Company;Department" in lines(card)


def test_a_changed_field_keeps_its_parameters_and_loses_what_it_said():
    card = replace(card_of("item1.ORG;SORT-AS=x:Company;Department"), organisation="Other")

    assert "item1.ORG;SORT-AS=x:Other" in lines(card)


def test_a_changed_birthday_loses_its_hour():
    card = card_of("BDAY:1985-04-07T10:30:00Z")
    assert "BDAY:19850407T103000Z" in lines(card)

    changed = replace(card, dates=(ImportantDate(DateKind.BIRTHDAY, "", 1985, 4, 8),))
    assert lines(changed)[1:] == ["BDAY:19850408"]


def test_a_cleared_field_is_not_written():
    assert lines(replace(card_of("ORG:Company;Department"), organisation="")) == ["FN:Ada Lovelace"]


def test_a_kept_value_cannot_add_lines():
    kept = KeptProperty("", "X-A", (("X-B", ('c"\r\nd',)),), "a\r\nEND:VCARD")

    assert lines(Card("Ada", kept=(kept,)))[1:] == [r"X-A;X-B=c^'^nd:a\nEND:VCARD"]


@pytest.mark.parametrize(
    "line",
    [
        "item1.X-ABADR:us",
        "X-ABShowAs:COMPANY",
        "X-COUCHDB-UUID:a",
        'N;SORT-AS="Harten,Rene":van der Harten;Rene,J.;Sir;R.D.O.N.;',
        "REV:19951031T222710Z",
        "RELATED;TYPE=friend:urn:uuid:1",
        "KIND:individual",
        "X-ADDRESSBOOKSERVER-KIND:group",
        "TZ;VALUE=text:Raleigh/North America",
        "FN;LANGUAGE=de:Ada Lovelace",
        "NICKNAME;PREF=1:a,b",
        "CATEGORIES;X-A=1:a,b",
        "X-MS-ANNIVERSARY;VALUE=DATE:20110113",
        "BDAY;VALUE=text:circa 1800",
        "IMPP;TYPE=home;X-SERVICE-TYPE=Jabber:xmpp:a@b",
        "X-SKYPE;TYPE=work:ada",
        "SOCIALPROFILE;SERVICE-TYPE=Mastodon:https://example.org/@a",
        "EMAIL;TYPE=home,internet;X-A=1:a@b",
    ],
)
def test_what_came_in_goes_out(line):
    name = "" if line.startswith("FN") else "Ada Lovelace"

    assert line in lines(read_one(vcard(line, version="4.0", name=name)))
