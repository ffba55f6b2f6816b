"""Cards as programs write them, in their own peculiarities; the people are invented."""

import pytest

from server.contacts.vcard.card import DateKind, ImportantDate, PointKind
from tests.contacts.vcard.cards import codes, read_one


def card(text: str):
    return read_one(text.strip().replace("\n", "\r\n").encode() + b"\r\n")


def values(read, kind: PointKind) -> list[tuple[str, str]]:
    return [(point.label, point.value) for point in read.points if point.kind is kind]


ANDROID = """
BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Garc=C3=ADa;Luc=C3=ADa;;;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Luc=C3=ADa Garc=C3=ADa
TEL;CELL;PREF:+34600000000
TEL;X-Barco:+34600000001
EMAIL;HOME:lucia@example.org
NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:uno=0D=0Ados=
 tres
X-ANDROID-CUSTOM:vnd.android.cursor.item/nickname;Lu;1;;;;;;;;;;;;;
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRg
 ABAQ==

END:VCARD
"""

IPHONE = """
BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iOS 5.0.1//EN
N:Doe;Jane;Q,R;Dr.;Jr.
FN:Dr. Jane Q R Doe Jr.
item1.EMAIL;type=INTERNET;type=pref:jane@example.org
item1.X-ABLabel:_$!<Other>!$_
TEL;type=IPHONE;type=CELL;type=VOICE:905-555-0100
item2.URL:http\\://example.org
item2.X-ABLabel:_$!<HomePage>!$_
item3.ADR;type=HOME;type=pref:;;Street 1\\nBack yard;Ottawa;ON;K0K;Canada
item3.X-ABADR:ca
item4.X-ABDATE;type=pref:2012-06-06
item4.X-ABLabel:_$!<Anniversary>!$_
BDAY;value=date:1604-02-29
X-SOCIALPROFILE;type=twitter:http://twitter.com/jane
IMPP;X-SERVICE-TYPE=Skype;type=HOME:skype:jane
END:VCARD
"""

OUTLOOK = """
BEGIN:VCARD
VERSION:2.1
N;LANGUAGE=en-us:Doe;John;Richter,James;Mr.;Sr.
FN:Mr. John Doe Sr.
ORG:Acme;Accounting
TEL;WORK;VOICE:555-0100
X-MS-OL-DEFAULT-POSTAL-ADDRESS:2
ADR;WORK;PREF:;;Drive 5;Albany;New York;12345;United States of America
LABEL;WORK;PREF;ENCODING=QUOTED-PRINTABLE:Drive 5=0D=0A=
Albany, New York  12345
X-MS-IMADDRESS:john@im.example
EMAIL;PREF;INTERNET:john@example.org
X-MS-ANNIVERSARY:20120801
X-MS-CARDPICTURE;TYPE=JPEG;ENCODING=BASE64:
 AAAA
 AAAA

X-MS-OL-DESIGN;CHARSET=utf-8:<card xmlns="urn:x"><img w="1"/></card>
END:VCARD
"""

EVOLUTION = """
BEGIN:VCARD
VERSION:3.0
UID:pas-id-1
X-EVOLUTION-FILE-AS:Doe\\, John
CALURI:http\\://example.org/cal
FBURL:http\\://example.org/fb
X-MOZILLA-HTML:TRUE
FN:John Doe
TEL;TYPE=WORK,VOICE;X-EVOLUTION-UI-SLOT=1:905-555-0101
ADR;TYPE=WORK:;;Main St.;Town;;;
LABEL;TYPE=WORK:Main St.\\nTown
X-EVOLUTION-SPOUSE:Maria
X-EVOLUTION-ANNIVERSARY:1980-03-22
KEY;ENCODING=b;TYPE=X509:AAAA
END:VCARD
"""

RFC_6350 = """
BEGIN:VCARD
VERSION:4.0
FN:Simon Example
N:Example;Simon;;;ing. jr,M.Sc.
BDAY:--0203
ANNIVERSARY:20090808T1430-0500
GENDER:M
LANG;PREF=1:fr
ADR;TYPE=work:;Suite D2-630;2875 Laurier;Quebec;QC;G1V 2M2;Canada
TEL;VALUE=uri;TYPE="work,voice";PREF=1:tel:+1-418-656-9254;ext=102
GEO;TYPE=work:geo:46.772673,-71.282945
KEY;TYPE=work;VALUE=uri:http://example.org/simon.asc
TZ:-0500
END:VCARD
"""

ALL = (ANDROID, IPHONE, OUTLOOK, EVOLUTION, RFC_6350)


@pytest.mark.parametrize("text", ALL)
def test_no_card_of_theirs_gives_a_warning(text):
    assert codes(card(text)) == []


def test_android_names_and_notes_are_in_its_character_set():
    read = card(ANDROID)

    assert (read.name, read.notes) == ("Lucía García", "uno\ndos tres")


def test_androids_own_labels_are_types():
    assert values(card(ANDROID), PointKind.PHONE) == [
        ("cell", "+34600000000"),
        ("x-barco", "+34600000001"),
    ]


def test_a_photo_in_base64_ends_at_its_blank_line():
    (photo,) = (kept for kept in card(ANDROID).kept if kept.name == "PHOTO")

    assert photo.value == "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQ=="


def test_apples_words_are_labels():
    read = card(IPHONE)

    assert values(read, PointKind.EMAIL) == [("other", "jane@example.org")]
    assert values(read, PointKind.LINK) == [("HomePage", "http://example.org")]
    assert values(read, PointKind.SOCIAL) == [
        ("twitter", "http://twitter.com/jane"),
        ("home", "skype:jane"),
    ]


def test_apples_dates_know_no_year_before_they_do():
    assert card(IPHONE).dates == (
        ImportantDate(DateKind.BIRTHDAY, "", None, 2, 29),
        ImportantDate(DateKind.ANNIVERSARY, "", 2012, 6, 6),
    )


def test_an_address_of_several_lines_is_kept_in_lines():
    (address,) = (point for point in card(IPHONE).points if point.components)

    assert address.components is not None
    assert address.components.street == "Street 1\nBack yard"
    assert card(IPHONE).location == "Ottawa, Canada"


def test_outlooks_label_is_the_text_of_its_address():
    assert values(card(OUTLOOK), PointKind.ADDRESS) == [
        ("work", "Drive 5\nAlbany, New York  12345")
    ]


def test_outlooks_anniversary_is_a_date():
    assert card(OUTLOOK).dates == (ImportantDate(DateKind.ANNIVERSARY, "", 2012, 8, 1),)


def test_what_only_outlook_knows_is_kept():
    kept = {entry.name for entry in card(OUTLOOK).kept}

    assert {"X-MS-OL-DESIGN", "X-MS-CARDPICTURE", "X-MS-OL-DEFAULT-POSTAL-ADDRESS"} <= kept


def test_what_only_evolution_knows_is_kept():
    kept = {entry.name: entry.value for entry in card(EVOLUTION).kept}

    assert (kept["X-EVOLUTION-SPOUSE"], kept["X-MOZILLA-HTML"]) == ("Maria", "TRUE")
    assert kept["KEY"] == "data:application/pkix-cert;base64,AAAA"


def test_a_number_as_a_uri_is_shown_as_people_write_it():
    assert values(card(RFC_6350), PointKind.PHONE) == [("work", "+1-418-656-9254 ext. 102")]


def test_the_hour_of_an_anniversary_is_given_back():
    (kept,) = (entry for entry in card(RFC_6350).kept if entry.stands_for == "anniversary")

    assert kept.value == "20090808T1430-0500"
