import pytest

from server.contacts.vcard import lines
from server.contacts.vcard.lines import content_lines, decode_bytes, version_of


def read(*lines, old=False):
    """Return (line, name, value) of each property and the codes of the warnings."""
    found = []
    raw = [line.encode() if isinstance(line, str) else line for line in lines]
    properties = [
        (number, header.name if header else None, value)
        for number, header, value in content_lines(
            raw, 1, old=old, warn=lambda _line, code, _reason: found.append(code)
        )
    ]
    return properties, found


def values(*lines, old=False):
    return [value for _, _, value in read(*lines, old=old)[0]]


def test_a_folded_line_is_joined_without_its_first_blank():
    assert values("NOTE:one", " two", "\tthree", "  four") == ["onetwothree four"]


def test_a_property_stands_on_the_line_it_begins_on():
    assert [number for number, _, _ in read("FN:A", "NOTE:a", " b", "", "TEL:1")[0]] == [1, 2, 5]


def test_a_character_folded_in_the_middle_is_whole_again():
    content = "Zoë".encode()

    assert values(b"FN:" + content[:3], b" " + content[3:]) == ["Zoë"]


def test_2_1_keeps_the_blank_that_a_short_line_was_folded_at():
    assert values("NOTE:one", " two", old=True) == ["one two"]


def test_2_1_folded_by_width_loses_the_blank_that_was_put_in():
    line = "NOTE:".ljust(75, "x")

    assert values(line, " y", old=True) == [line[5:] + "y"]


def test_a_soft_line_break_joins_the_next_line_with_its_blanks():
    assert values("NOTE;ENCODING=QUOTED-PRINTABLE:one=", " two=0D=0Athree", old=True) == [
        "one two\\nthree"
    ]


def test_an_equals_sign_ends_the_line_when_nothing_is_quoted_printable():
    assert values("URL:http://example.org/?a=", "TEL:1") == ["http://example.org/?a=", "1"]


def test_a_soft_line_break_ends_at_a_blank_line():
    assert values("NOTE;QUOTED-PRINTABLE:one=", "", "TEL:1") == ["one", "1"]


@pytest.mark.parametrize("block", [[" AAAA", " BBBB"], ["AAAA", "BBBB"], ["  AAAA", "", "BBBB"]])
def test_base64_goes_on_with_or_without_indent_until_the_next_property(block):
    assert values("PHOTO;ENCODING=BASE64:", *block, "", "TEL:1") == ["AAAABBBB", "1"]


def test_quoted_printable_is_decoded_in_its_character_set():
    line = "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg"

    assert values(line) == ["Müller;Jörg"]


def test_a_character_set_is_read_before_the_line_is_split():
    # The second byte of ソ in Shift_JIS is a backslash.
    line = b"FN;CHARSET=Shift_JIS:" + "ソニー".encode("shift_jis")

    assert values(line) == ["ソニー"]


def test_without_a_character_set_text_is_utf_8_or_else_windows_1252():
    assert values("FN:Zoë".encode(), "FN:Zoë €".encode("cp1252")) == ["Zoë", "Zoë €"]


def test_bytes_that_windows_1252_lacks_are_latin_1():
    assert decode_bytes(b"a\x81b", "") == ("a\x81b", "")


def test_an_unknown_character_set_is_warned_of():
    assert read("FN;CHARSET=X-KLINGON:Zoë") == ([(1, "FN", "Zoë")], ["unknown_charset"])


@pytest.mark.parametrize("codec", ["idna", "punycode", "zlib", "unicode_escape", "rot13"])
def test_a_codec_that_is_no_character_set_is_unknown(codec):
    assert read(f"FN;CHARSET={codec}:Zoë")[1] == ["unknown_charset"]


def test_text_that_is_not_in_its_character_set_is_warned_of():
    assert decode_bytes("日".encode(), "big5") == ("日", "wrong_charset")


def test_an_emoji_in_two_halves_is_one_character():
    halves = "😀".encode("utf-16-le").decode("utf-16-le").encode("utf-16-be")
    old_android = b"".join(
        chr(int.from_bytes(halves[at : at + 2], "big")).encode("utf-8", "surrogatepass")
        for at in (0, 2)
    )

    assert read(b"FN:" + old_android) == ([(1, "FN", "😀")], [])


def test_half_a_character_is_replaced_with_a_warning():
    assert read(b"FN:a\xed\xa0\x80b") == ([(1, "FN", "a\ufffdb")], ["lone_surrogate"])


@pytest.mark.parametrize("line", [b"FN:A\x00B", b"FN;QUOTED-PRINTABLE:A=00B"])
def test_null_bytes_are_left_out_with_a_warning(line):
    assert read(line) == ([(1, "FN", "AB")], ["null_byte"])


def test_a_colon_within_quotes_does_not_end_the_parameters():
    assert read('ADR;LABEL="a:b":;;c')[0] == [(1, "ADR", ";;c")]


def test_a_quote_that_never_closes_is_a_letter():
    assert read('TEL;X=12":34')[0] == [(1, "TEL", "34")]


@pytest.mark.parametrize("line", ["no colon at all", "two words: text", ":1", ";TYPE=home:1"])
def test_a_line_that_is_no_property_comes_whole(line):
    assert read(line)[0] == [(1, None, line)]


def test_a_line_over_the_limit_is_left_out_with_a_warning(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)

    assert read("NOTE:123456789", "FN:A") == ([(2, "FN", "A")], ["line_too_long"])


@pytest.mark.parametrize(
    ("lines", "version"),
    [
        (["VERSION:2.1"], "2.1"),
        (["FN:A", "version: 4.0 "], "4.0"),
        (["FN;ENCODING=QUOTED-PRINTABLE:A"], "2.1"),
        (["FN:A"], "3.0"),
    ],
)
def test_the_version_is_found_anywhere_or_guessed(lines, version):
    assert version_of([line.encode() for line in lines]) == version
