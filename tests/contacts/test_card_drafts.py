from dataclasses import replace

import pytest

from server.contacts.card_drafts import card_of_draft, draft_of_card
from server.contacts.vcard.read import read_cards
from server.contacts.vcard.write import write_card
from tests.contacts.vcard.cards import card_of

RICH = (
    "UID:ada",
    "KIND:org",
    "NICKNAME:Ada,Countess",
    "ORG:Engines;Analysis",
    "TITLE:Mathematician",
    "TZ:Europe/London",
    "NOTE;LANGUAGE=en:First\\nSecond",
    "TEL;TYPE=work,voice;PREF=1:+44 20 7946 0000",
    "item1.EMAIL:ada@example.org",
    "item1.X-ABLabel:Castle",
    "ADR;TYPE=home;X-ID=7:box;ext;1 Street;London;;W1;UK;;;flat",
    "URL:https://example.org",
    "IMPP:xmpp:ada@example.org",
    "BDAY:18151210T120000",
    "item2.X-ABDATE:1835-07-08",
    "item2.X-ABLabel:_$!<Anniversary>!$_",
    "CATEGORIES:chess,poetry",
    "X-CUSTOM;X-P=1:kept",
    "PHOTO;ENCODING=b;TYPE=png:AAAA",
)


def there_and_back(card):
    draft = draft_of_card(card)
    tags = draft.tags
    return card_of_draft(draft, uid="urn:uuid:1", tags=tags)


def test_a_card_comes_back_equal():
    card = card_of(*RICH, version="4.0")

    assert there_and_back(card) == card


@pytest.mark.parametrize("line", RICH)
def test_each_property_alone_comes_back_equal(line):
    card = card_of(line, version="4.0")

    assert replace(there_and_back(card), uid=card.uid) == card


def test_what_comes_back_is_written_and_read_as_the_same():
    card = card_of(*RICH, version="4.0")

    (again,) = read_cards(write_card(there_and_back(card)).encode())
    assert again == card


def test_a_card_without_a_uid_is_exported_under_one_of_ours():
    assert there_and_back(card_of()).uid == "urn:uuid:1"


def test_the_fingerprint_is_that_of_the_lines():
    one, same, other = card_of("TITLE:a"), card_of("TITLE:a"), card_of("TITLE: a")

    assert one == other
    assert draft_of_card(one).fingerprint == draft_of_card(same).fingerprint
    assert draft_of_card(one).fingerprint != draft_of_card(other).fingerprint


def test_categories_that_are_no_tags_are_kept():
    card = card_of("CATEGORIES:chess,one two three four")
    draft = draft_of_card(card)

    assert draft.tags == ("chess",)
    assert ["", "CATEGORIES", [], "one two three four", ""] in (draft.kept_properties or [])


def test_an_unknown_zone_is_kept_as_it_came():
    draft = draft_of_card(card_of("TZ:-05:00"))

    assert (draft.zone, draft.kept_properties) == (None, [["", "TZ", [], "-05:00", ""]])
