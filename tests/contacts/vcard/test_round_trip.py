from dataclasses import replace
from datetime import date
from functools import partial
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.contacts.vcard.address import address_text, location_of
from server.contacts.vcard.card import (
    Address,
    Card,
    DateKind,
    ImportantDate,
    KeptProperty,
    Point,
    PointKind,
)
from server.contacts.vcard.values import escape
from server.contacts.vcard.write import write_card
from tests.contacts.vcard.cards import read_one, vcard

CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"))
NFC = partial(normalize, "NFC")
LINE = st.text(CHARACTERS, max_size=40).map(NFC)
TEXT = st.text(st.one_of(CHARACTERS, st.just("\n")), max_size=80).map(NFC)
WORDS = LINE.map(str.strip).filter(bool)
SILENT = st.lists(st.sampled_from(["voice", "internet", "video", "postal"]), unique=True)
LABELS = st.sampled_from(["", "home", "work", "cell", "other"])
DAYS = st.dates(date(1800, 1, 1), date(2199, 12, 31))
ADDRESSES = st.builds(Address, *[TEXT] * 7, more=st.sampled_from([(), ("", "Room 5")]))


@st.composite
def params(draw, types=SILENT):
    """Parameters as a Point keeps them: no label, no preference."""
    values = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
    names = draw(st.lists(st.sampled_from(["X-A", "LANGUAGE", "PID", "ALTID"]), unique=True))
    rest = tuple((name, draw(values)) for name in names)
    known = tuple(draw(types))
    return ((("TYPE", known), *rest)) if known else rest


@st.composite
def points(draw, group):
    """A point whose label, if it is no type, has the group it needs."""
    kind = draw(st.sampled_from(PointKind))
    own_label = draw(st.booleans())
    label = "Own: " + draw(WORDS) if own_label else draw(LABELS)
    written_as = draw(st.sampled_from(["", "X-TWITTER", "IMPP"])) if kind == "social" else ""
    if written_as and not label:
        label = "twitter" if written_as == "X-TWITTER" else "xmpp"
    value = draw(WORDS) if written_as != "IMPP" else "xmpp:" + draw(WORDS)
    if kind == "email":
        value = draw(st.from_regex(r"[a-z0-9,;+\\]{1,20}@[a-zé.]{1,20}", fullmatch=True)).strip()
    components = None
    if kind == "address":
        components = draw(ADDRESSES)
        value = draw(st.sampled_from(["", "1 Main St\nAustin"])) or address_text(components) or "-"
    return Point(
        kind,
        value,
        label,
        draw(st.booleans()),
        components,
        group if own_label else "",
        draw(params()),
        written_as,
    )


@st.composite
def dates(draw):
    kinds = draw(st.lists(st.sampled_from(DateKind), max_size=4))
    found = []
    for kind in sorted(kinds, key=list(DateKind).index):
        day = draw(DAYS)
        year = draw(st.sampled_from([None, day.year]))
        label = draw(st.just("") | WORDS.map("On: ".__add__)) if kind is DateKind.OTHER else ""
        found.append(ImportantDate(kind, label, year, day.month, day.day))
    return tuple(dict.fromkeys(found))


@st.composite
def cards(draw):
    card = Card(
        name=draw(WORDS),
        uid=draw(st.just("") | WORDS),
        kind=draw(st.sampled_from(["individual", "group", "org"])),
        nickname=draw(st.just("") | WORDS),
        organisation=draw(st.just("") | WORDS),
        title=draw(st.just("") | WORDS),
        notes=draw(TEXT),
        zone=draw(st.sampled_from(["", "Europe/Berlin"])),
        points=tuple(draw(points(f"g{at}")) for at in range(draw(st.integers(0, 4)))),
        dates=draw(dates()),
        categories=tuple(draw(st.lists(WORDS, unique=True, max_size=3))),
        kept=tuple(
            KeptProperty(f"k{at}", f"X-Kept-{at}", draw(params()), escape(draw(TEXT)))
            for at in range(draw(st.integers(0, 3)))
        ),
    )
    return replace(card, location=location_of(card.points) or draw(st.just("") | WORDS))


@settings(max_examples=150, deadline=None)
@given(cards())
def test_a_written_card_is_read_back(card):
    assert read_one(write_card(card).encode()) == card


PHONE_BOOK = vcard(
    "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg",
    "TEL;CELL;PREF:1",
    "ADR;HOME:;;a, b;c;;;d",
    "LABEL;HOME;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab",
    "PHOTO;JPEG;ENCODING=BASE64:",
    "  /9j/4AAQ",
    "",
    "AGENT:",
    "BEGIN:VCARD",
    "N:Bond",
    "END:VCARD",
    "BDAY:1985-04-07T00:00:00Z",
    version="2.1",
)
APPLE = vcard(
    "N:Lovelace;Ada;;;",
    "item1.EMAIL;type=INTERNET;type=pref:ada@example.org",
    "item1.X-ABLabel:Club",
    "item2.ADR;type=HOME;type=pref:;;a\\nb;c;;;d",
    "item2.X-ABADR:us",
    "item3.X-ABDATE;type=pref:2001-02-03",
    "item3.X-ABLabel:_$!<Anniversary>!$_",
    "item4.X-ABRELATEDNAMES;type=pref:Bo",
    "item4.X-ABLabel:_$!<Friend>!$_",
    "X-SOCIALPROFILE;type=twitter;x-user=ada:http\\://twitter.com/ada",
    "X-ABShowAs:COMPANY",
    "ORG:Company;Department",
    "PHOTO;ENCODING=b;TYPE=JPEG:not base64",
    "a line that is no property",
)
NEW = vcard(
    "FN:Second name",
    'N;SORT-AS="L,A":L;A;;;',
    'TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555;ext=5',
    'ADR;GEO="geo:1,2";LABEL="a\\nb":;;c;;;;;;Room 5',
    "ANNIVERSARY:20010203",
    "X-ANNIVERSARY:2001-02-03",
    "NOTE;LANGUAGE=en:first",
    "NOTE:second",
    "TZ:-05:00",
    "SOCIALPROFILE;VALUE=text;SERVICE-TYPE=Foo:ada",
    version="4.0",
)


@pytest.mark.parametrize("content", [PHONE_BOOK, APPLE, NEW], ids=["2.1", "3.0", "4.0"])
def test_a_card_of_any_version_is_read_back_from_what_we_write(content):
    card = read_one(content)

    assert read_one(write_card(card).encode()) == card


def test_writing_what_was_read_back_changes_nothing_more():
    once = write_card(read_one(APPLE))

    assert write_card(read_one(once.encode())) == once
