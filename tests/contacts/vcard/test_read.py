import random

import pytest

from server.contacts.vcard import read
from server.contacts.vcard.card import BadCard
from server.contacts.vcard.read import read_cards
from tests.contacts.vcard.cards import card_of, codes, read_bad, read_one, vcard

SAMPLE = (
    vcard("N:L;A", "TEL;CELL:1", "NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=", "=0Ab", version="2.1")
    + vcard('ADR;LABEL="a^nb":;;c;d;;;', "item1.TEL:1", "item1.X-ABLabel:_$!<Home>!$_")
    + vcard("PHOTO;ENCODING=b;TYPE=png:AAAA", " BBBB", "BDAY:--0229", "CATEGORIES:a,b")
)


def test_cards_come_in_order_with_position_and_line():
    cards = list(read_cards(vcard(name="A") + b"\r\n" + vcard(name="B")))

    assert [(card.name, card.position, card.line) for card in cards] == [("A", 1, 1), ("B", 2, 6)]


@pytest.mark.parametrize("version", ["2.1", "3.0", "4.0", "9.9"])
def test_every_version_is_read(version):
    assert card_of("TEL;HOME:1", version=version).points[0].label == "home"


def test_a_card_without_version_is_read():
    assert read_one(b"BEGIN:VCARD\nFN:Ada\nEND:VCARD").name == "Ada"


def test_a_bad_card_stops_no_other():
    entries = list(
        read_cards(
            vcard(name="A")
            + b"BEGIN:VCARD\r\nFN:Broken\r\n"
            + vcard(name="B")
            + b"garbage\r\n"
            + vcard(name="")
            + vcard(name="C")
        )
    )

    assert [
        (entry.position, entry.line, entry.code if isinstance(entry, BadCard) else entry.name)
        for entry in entries
    ] == [
        (1, 1, "A"),
        (2, 5, "missing_end"),
        (3, 7, "B"),
        (4, 11, "outside_card"),
        (5, 12, "no_name"),
        (6, 15, "C"),
    ]


def test_a_bad_card_says_its_name_when_it_is_known():
    assert read_bad(b"BEGIN:VCARD\nFN:Ada\nTEL:1").name == "Ada"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("N:Lovelace;Ada;Augusta,King;Lady;PhD", "Lady Ada Augusta King Lovelace PhD"),
        ("N:Ada Lovelace", "Ada Lovelace"),
        ("ORG:Analytical;Engines", "Analytical"),
        ("NICKNAME:Countess", "Countess"),
        ("EMAIL:ada@example.org", "ada@example.org"),
        ("TEL:+44 1", "+44 1"),
    ],
)
def test_a_card_without_formatted_name_is_called_by_what_it_has(line, name):
    assert card_of(line, name="").name == name


def test_an_empty_formatted_name_is_none():
    assert card_of("N:Lovelace;Ada", name=" ").name == "Ada Lovelace"


def test_a_name_is_one_line():
    assert card_of(name=r" Ada\nLovelace ").name == "Ada Lovelace"


@pytest.mark.parametrize(
    "line",
    [
        "PHOTO:http://example.org/a.png",
        "LABEL;ENCODING=QUOTED-PRINTABLE:Aach=65n",
        "BDAY:19850407",
        "CATEGORIES:friends",
        "NOTE:nobody knows",
        "X-CUSTOM:1",
    ],
)
def test_a_card_without_a_name_gets_one_with_a_warning(line):
    card = read_one(vcard(line, name=""))

    assert (card.name, codes(card)) == ("Unnamed contact", ["no_name"])


@pytest.mark.parametrize("line", ["UID:1", "REV:20240101T000000Z", "PRODID:x", "N:;;;;", "junk"])
def test_a_card_that_says_nothing_of_anybody_is_bad(line):
    assert read_bad(vcard(line, name="")).code == "no_name"


def test_apples_company_is_an_organisation():
    assert card_of("X-ABShowAs:COMPANY").kind == "org"
    assert card_of("X-ABShowAs:COMPANY", "KIND:location").kind == "location"


def test_a_name_of_255_characters_is_the_longest():
    assert card_of(name="é" * 255).name == "é" * 255

    bad = read_bad(vcard(name="é" * 256))
    assert (bad.code, bad.name) == ("name_too_long", "é" * 255)


def test_a_card_with_too_many_properties_is_bad(monkeypatch):
    monkeypatch.setattr(read, "MAX_PROPERTIES", 3)

    bad = read_bad(vcard("TEL:1", "TEL:2"))

    assert (bad.code, bad.name) == ("too_many_properties", "Ada Lovelace")


def test_no_reason_repeats_what_a_card_says():
    secret = "s3cret"
    bad = read_bad(vcard(name=secret * 60))
    card = card_of(
        f"BDAY:{secret}",
        f"PHOTO;ENCODING=b:{secret}!",
        f"{secret}, no colon",
        "TITLE:" + secret * 60,
    )

    reasons = [bad.reason, *(warning.reason for warning in card.warnings)]
    assert len(reasons) == 5
    assert not any(secret in reason for reason in reasons)


@pytest.mark.parametrize("seed", range(3))
def test_no_damage_to_a_file_raises(seed):
    chance = random.Random(seed)
    for _ in range(100):
        content = bytearray(SAMPLE)
        for _ in range(chance.choice((1, 5, 30))):
            content[chance.randrange(len(content))] = chance.choice(b'\r\n:;,="\\^\x00\xed\xff A1')
        for entry in read_cards(bytes(content)):
            assert entry.position
