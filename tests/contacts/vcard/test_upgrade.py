import pytest

from tests.contacts.vcard.cards import card_of, codes


def kept(*lines, version="3.0"):
    (found,) = card_of(*lines, version=version).kept
    return found.name, found.params, found.value


@pytest.mark.parametrize(
    ("line", "params", "value"),
    [
        ("PHOTO;ENCODING=b;TYPE=JPEG:AAAA", (), "data:image/jpeg;base64,AAAA"),
        ("PHOTO;JPEG;BASE64:AAAA", (), "data:image/jpeg;base64,AAAA"),
        ("PHOTO;ENCODING=b;TYPE=image/webp:AAAA", (), "data:image/webp;base64,AAAA"),
        ("PHOTO;ENCODING=b;VALUE=binary:AAAA", (), "data:application/octet-stream;base64,AAAA"),
        ("LOGO;X-A=1;ENCODING=b;TYPE=png:AAAA", (("X-A", ("1",)),), "data:image/png;base64,AAAA"),
        ("KEY;X509;ENCODING=BASE64:AAAA", (), "data:application/pkix-cert;base64,AAAA"),
        ("SOUND;ENCODING=b;TYPE=ogg:AA AA", (), "data:audio/ogg;base64,AAAA"),
        (
            "X-A;ENCODING=b;X-B=1:AAA",
            (("X-B", ("1",)),),
            "data:application/octet-stream;base64,AAA=",
        ),
    ],
)
def test_binary_values_are_data_uris(line, params, value):
    assert kept(line)[1:] == (params, value)


def test_a_photo_that_is_a_link_stays_one():
    assert kept("PHOTO;VALUE=URL:http://example.org/a.jpg") == (
        "PHOTO",
        (("VALUE", ("uri",)),),
        "http://example.org/a.jpg",
    )


@pytest.mark.parametrize("value", ["AAA!", "AAAAA", "A=AA"])
def test_broken_base64_is_kept_as_it_is_with_a_warning(value):
    card = card_of(f"PHOTO;ENCODING=b;TYPE=JPEG:{value}")

    assert [found.value for found in card.kept] == [value]
    assert codes(card) == ["bad_base64"]


def test_text_in_base64_is_text():
    assert card_of("NOTE;ENCODING=BASE64:SGVsbG8=").notes == "Hello"


def test_text_that_only_says_it_is_base64_is_taken_as_it_is():
    card = card_of("NOTE;ENCODING=BASE64:Hello, world")

    assert (card.notes, codes(card)) == ("Hello, world", ["bad_base64"])


def test_coordinates_are_a_geo_uri():
    assert kept("GEO:37.38;-122.08")[2] == "geo:37.38,-122.08"


def test_an_agent_is_related():
    assert kept("AGENT:", "BEGIN:VCARD", "FN:Bo", "END:VCARD") == (
        "RELATED",
        (("TYPE", ("agent",)), ("VALUE", ("text",))),
        r"BEGIN:VCARD\nFN:Bo\nEND:VCARD",
    )


def test_an_agent_elsewhere_is_a_link():
    assert kept("AGENT;VALUE=uri:CID:1@example.org")[1] == (
        ("TYPE", ("agent",)),
        ("VALUE", ("uri",)),
    )


def test_a_name_has_five_components():
    assert kept("N:Lovelace;Ada") == ("N", (), "Lovelace;Ada;;;")


def test_a_comma_in_a_name_of_2_1_is_no_separator():
    assert kept("N:Lovelace, Countess;Ada", version="2.1")[2] == r"Lovelace\, Countess;Ada;;;"
