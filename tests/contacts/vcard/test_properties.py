import pytest

from server.contacts.vcard.card import Address, DateKind, ImportantDate, KeptProperty
from tests.contacts.vcard.cards import card_of, codes


def point_of(*lines, version="3.0"):
    (point,) = card_of(*lines, version=version).points
    return point


def kept_of(*lines):
    return [(kept.group, kept.name, kept.value) for kept in card_of(*lines).kept]


def test_plain_fields_are_read():
    card = card_of("UID:u-1", "NICKNAME:Ada", "ORG:Analytical", "TITLE:Countess", "NOTE:a\\nb")

    assert (card.uid, card.nickname, card.organisation, card.title, card.notes, card.kept) == (
        ("u-1", "Ada", "Analytical", "Countess", "a\nb", ())
    )


def test_departments_are_kept_beside_the_organisation():
    card = card_of(r"ORG:Company\, The;Department;")

    assert card.organisation == "Company, The"
    assert card.kept == (
        KeptProperty("", "ORG", (), r"Company\, The;Department;", stands_for="organisation"),
    )


def test_several_nicknames_are_one_text():
    assert card_of("NICKNAME:Ada,Countess").nickname == "Ada, Countess"


def test_a_second_title_is_kept():
    card = card_of("TITLE:Countess", "TITLE:Programmer")

    assert (card.title, card.kept[0].value) == ("Countess", "Programmer")


def test_several_notes_are_one():
    assert card_of("NOTE:one", "NOTE:two").notes == "one\n\ntwo"


def test_a_note_that_goes_on_without_folding_is_put_together():
    card = card_of("NOTE:one", "two without colon", "three words: with colon")

    assert card.notes == "one\ntwo without colon\nthree words: with colon"
    assert codes(card) == ["line_joined", "line_joined"]


def test_a_line_that_is_no_property_is_kept_with_a_warning():
    card = card_of("TITLE:Countess", "no, colon")

    assert card.kept == (KeptProperty("", "X-CATCHUP-UNREAD", (), r"no\, colon"),)
    assert [(w.line, w.code) for w in card.warnings] == [(5, "unreadable_line")]


def test_a_component_of_another_kind_inside_is_kept_as_text():
    card = card_of("BEGIN:VEVENT", "END:VEVENT")

    assert [kept.value for kept in card.kept] == ["BEGIN:VEVENT", "END:VEVENT"]


def test_a_title_over_the_limit_is_kept_with_a_warning():
    card = card_of("TITLE:" + "x" * 256)

    assert (card.title, codes(card)) == ("", ["too_long"])
    assert card.kept[0].value == "x" * 256


def test_categories_of_several_properties_are_one_list():
    assert card_of(r"CATEGORIES:a,b\, c", "CATEGORIES:d,a").categories == ("a", "b, c", "d")


def test_a_zone_is_an_iana_name():
    assert card_of("TZ:Europe/Paris").zone == "Europe/Paris"


def test_an_offset_is_no_zone_and_is_kept():
    card = card_of("TZ:-05:00")

    assert (card.zone, card.kept[0].value) == ("", "-05:00")


@pytest.mark.parametrize("line", ["KIND:Group", "X-ADDRESSBOOKSERVER-KIND:group"])
def test_a_group_of_people_says_so(line):
    assert card_of(line).kind == "group"


def test_a_phone_has_label_preference_and_other_types():
    phone = point_of("TEL;TYPE=CELL,VOICE,pref:+49 151 123")

    assert (phone.value, phone.label, phone.preferred, phone.params) == (
        ("+49 151 123", "cell", True, (("TYPE", ("voice",)),))
    )


@pytest.mark.parametrize(
    ("uri", "number"),
    [
        ("tel:+1-555-555-5555", "+1-555-555-5555"),
        ("tel:+1-555-555-5555;ext=42", "+1-555-555-5555 ext. 42"),
        ("TEL:+1%20555", "+1 555"),
        ("tel:7042;phone-context=example.org", "7042;phone-context=example.org"),
    ],
)
def test_a_tel_uri_is_a_number(uri, number):
    assert point_of(f"TEL;VALUE=uri:{uri}", version="4.0").value == number


def test_parameters_that_mean_nothing_to_us_stay():
    email = point_of("EMAIL;TYPE=WORK;X-EVOLUTION-UI-SLOT=1:ada@example.org")

    assert email.params == (("X-EVOLUTION-UI-SLOT", ("1",)),)


def test_an_empty_property_says_nothing():
    assert card_of("TEL;TYPE=HOME:", "ADR:;;;;;;", "BDAY:", "NOTE:", "ORG:;").points == ()


@pytest.mark.parametrize(
    "line",
    [
        "TEL:" + "1" * 101,
        "EMAIL:" + "a" * 320 + "@b",
        "URL:" + "a" * 2001,
        "X-ICQ:" + "1" * 501,
        "ADR:;;" + "a" * 256 + ";;;;",
        "LABEL:" + "a" * 1001,
        "X-CATCHUP-LOCATION:" + "a" * 256,
        "NOTE:" + "a" * 50_001,
    ],
)
def test_what_is_too_long_for_a_contact_is_kept_with_a_warning(line):
    card = card_of(line)

    assert [(kept.name, kept.value) for kept in card.kept] == [tuple(line.split(":"))]
    assert (card.points, card.location, card.notes, codes(card)) == ((), "", "", ["too_long"])


def test_points_over_fifty_of_a_kind_are_kept_with_a_warning():
    card = card_of(*["TEL:1"] * 51, "EMAIL:a@b")

    assert (len(card.points), len(card.kept), codes(card)) == (51, 1, ["too_many"])


def test_dates_over_fifty_are_kept_with_a_warning():
    card = card_of(*[f"a{at}.X-ABDATE:{1900 + at}-01-01" for at in range(50)], "BDAY:1985-04-07")

    assert (len(card.dates), card.kept[0].name, codes(card)) == (50, "BDAY", ["too_many"])


@pytest.mark.parametrize("value", ["ada", "a@", "@b", "Ada <a@b c>"])
def test_an_email_that_is_no_address_is_kept_with_a_warning(value):
    card = card_of(f"EMAIL:{value}")

    assert (card.points, card.kept[0].value, codes(card)) == ((), value, ["unreadable_email"])


@pytest.mark.parametrize("uri", ["mailto:a@b", "MAILTO: a@b"])
def test_a_mailto_uri_is_an_address(uri):
    assert point_of(f"EMAIL;VALUE=uri:{uri}").value == "a@b"


@pytest.mark.parametrize(
    ("text", "label"),
    [("_$!<Home>!$_", "home"), ("_$!<HomePage>!$_", "HomePage"), ("Holiday home", "Holiday home")],
)
def test_the_label_of_a_group_names_its_point(text, label):
    card = card_of("item1.TEL;TYPE=home:1", f"item1.X-ABLabel:{text}")

    assert [(point.group, point.label) for point in card.points] == [("item1", label)]
    assert card.kept == ()


def test_a_label_may_stand_before_its_point():
    assert card_of("item1.X-ABLabel:Boat", "ITEM1.TEL:1").points[0].label == "Boat"


def test_the_label_of_a_kept_property_is_kept():
    assert kept_of("item1.X-ABRELATEDNAMES:Bo", "item1.X-ABLabel:_$!<Spouse>!$_") == [
        ("item1", "X-ABRELATEDNAMES", "Bo"),
        ("item1", "X-ABLabel", "_$!<Spouse>!$_"),
    ]


def test_an_address_has_its_components_and_one_line():
    address = point_of("ADR;TYPE=HOME:;;1 Main St;Austin;TX;1;USA")

    assert address.value == "1 Main St, Austin, TX, 1, USA"
    assert address.components == Address("", "", "1 Main St", "Austin", "TX", "1", "USA")


def test_the_address_gives_the_location():
    assert card_of("ADR:;;;Austin;TX;1;USA").location == "Austin, USA"


def test_a_written_location_beats_the_address():
    assert card_of("X-CATCHUP-LOCATION:Paris", "ADR:;;;Austin;;;").location == "Paris"


def test_a_label_parameter_is_the_text_of_its_address():
    address = point_of('ADR;LABEL="1 Main St\\nAustin, TX^nUSA":;;1 Main St;;;;', version="4.0")

    assert (address.value, address.params) == ("1 Main St\nAustin, TX\nUSA", ())


def test_a_label_property_is_the_text_of_the_address_of_its_types():
    card = card_of("LABEL;WORK:Office", "ADR;HOME:;;a;;;;", "ADR;WORK:;;b;;;;", version="2.1")

    assert [point.value for point in card.points] == ["a", "Office"]


def test_a_label_without_address_is_an_address():
    address = point_of("LABEL;TYPE=HOME:1 Main St\\nAustin")

    assert (address.value, address.components) == ("1 Main St\nAustin", Address())


@pytest.mark.parametrize(
    ("line", "value", "label", "written_as"),
    [
        ("X-ICQ:123", "123", "icq", "X-ICQ"),
        ("X-SKYPE;TYPE=work:ada", "ada", "work", "X-SKYPE"),
        ("IMPP:aim:ada", "aim:ada", "aim", "IMPP"),
        ("IMPP;X-SERVICE-TYPE=Jabber:xmpp:a@b", "xmpp:a@b", "jabber", "IMPP"),
        (r"X-SOCIALPROFILE;type=twitter:http\://t.co/a", "http://t.co/a", "twitter", ""),
        ("SOCIALPROFILE;SERVICE-TYPE=Foo:https://a", "https://a", "foo", "SOCIALPROFILE"),
    ],
)
def test_a_social_handle_knows_its_service(line, value, label, written_as):
    point = point_of(line)

    assert (point.kind, point.value, point.label) == ("social", value, label)
    assert point.written_as == written_as


def test_a_birthday_is_a_date():
    card = card_of("BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-07")

    assert card.dates == (ImportantDate(DateKind.BIRTHDAY, "", None, 4, 7),)
    assert card.kept == ()


def test_the_hour_of_a_birth_is_kept():
    (kept,) = card_of("BDAY:1985-04-07T10:30:00Z").kept

    assert (kept.value, kept.stands_for) == ("19850407T103000Z", "birthday")


@pytest.mark.parametrize("value", ["circa 1800", "1985-04", "1985-02-30", "9999-99-99"])
def test_a_birthday_that_is_no_day_is_kept_with_a_warning(value):
    card = card_of(f"BDAY:{value}")

    assert (card.dates, codes(card)) == ((), ["unreadable_date"])
    assert card.kept[0].value == value


@pytest.mark.parametrize("name", ["ANNIVERSARY", "X-ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY"])
def test_an_anniversary_is_read_from_every_name_it_has(name):
    assert card_of(f"{name}:2001-02-03").dates == (
        ImportantDate(DateKind.ANNIVERSARY, "", 2001, 2, 3),
    )


def test_an_anniversary_written_twice_is_one_date():
    card = card_of("ANNIVERSARY:20010203", "X-ANNIVERSARY:2001-02-03")

    assert len(card.dates) == 1
    assert card.kept[0].name == "X-ANNIVERSARY"


@pytest.mark.parametrize(
    ("label", "kind", "shown"),
    [
        ("_$!<Anniversary>!$_", DateKind.ANNIVERSARY, ""),
        ("First met", DateKind.OTHER, "First met"),
    ],
)
def test_apples_dates_are_what_their_label_says(label, kind, shown):
    card = card_of("item1.X-ABDATE;type=pref:2001-02-03", f"item1.X-ABLabel:{label}")

    assert card.dates == (ImportantDate(kind, shown, 2001, 2, 3),)
    assert card.kept == ()


def test_dates_come_birthday_first():
    card = card_of("X-ABDATE:2001-01-01", "ANNIVERSARY:20020202", "BDAY:19850407")

    assert [date.kind for date in card.dates] == ["birthday", "anniversary", "other"]


def test_what_nobody_knows_is_kept_with_group_and_parameters():
    card = card_of("item1.X-ABADR:us", "X-Foo;X-A=1:a\\,b", "MAILER:m", "CLASS:PUBLIC")

    assert card.kept == (
        KeptProperty("item1", "X-ABADR", (), "us"),
        KeptProperty("", "X-Foo", (("X-A", ("1",)),), r"a\,b"),
        KeptProperty("", "MAILER", (), "m"),
        KeptProperty("", "CLASS", (), "PUBLIC"),
    )


def test_the_group_and_label_of_an_organisation_are_kept():
    card = card_of("item1.ORG:Test", "item1.X-ABLabel:Work")

    assert card.organisation == "Test"
    assert [(kept.group, kept.name) for kept in card.kept] == [
        ("item1", "ORG"),
        ("item1", "X-ABLabel"),
    ]
