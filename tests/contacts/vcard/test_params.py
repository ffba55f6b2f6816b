import pytest

from server.contacts.vcard.params import read_header, write_params


def header_of(head):
    header = read_header(head)
    assert header is not None
    return header


def params(head):
    return dict(header_of(head).params)


def test_bare_parameters_of_2_1_are_types():
    assert params("TEL;HOME;VOICE") == {"TYPE": ("home", "voice")}


def test_types_in_several_parameters_in_a_list_or_in_quotes_are_one_list():
    assert params('TEL;TYPE=home;TYPE=CELL,voice;TYPE="text,home"') == {
        "TYPE": ("home", "cell", "voice", "text")
    }


@pytest.mark.parametrize("head", ["TEL;PREF", "TEL;TYPE=pref", "TEL;PREF=1"])
def test_every_way_to_prefer_is_pref_1(head):
    header = header_of(head)

    assert header.params == (("PREF", ("1",)),)
    assert header.preferred


def test_a_group_stands_before_the_name():
    header = header_of("item1.tel")

    assert (header.group, header.name) == ("item1", "TEL")


def test_x_names_are_written_as_they_came():
    assert header_of("x-ABShowAs").spelled == "x-ABShowAs"
    assert header_of("note").spelled == "NOTE"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("NOTE;ENCODING=QUOTED-PRINTABLE", "quoted-printable"),
        ("NOTE;quoted-printable", "quoted-printable"),
        ("PHOTO;ENCODING=b", "base64"),
        ("PHOTO;BASE64", "base64"),
        ("NOTE;ENCODING=8BIT", ""),
    ],
)
def test_encoding_and_charset_are_taken_out(head, encoding):
    header = header_of(head + ";CHARSET=UTF-8")

    assert (header.encoding, header.charset, header.params) == (encoding, "utf-8", ())


def test_an_unknown_encoding_stays():
    assert params("NOTE;ENCODING=uuencode") == {"ENCODING": ("uuencode",)}


def test_values_may_hold_separators_within_quotes():
    assert params('ADR;LABEL="a;b:c";X-LIST=d,"e,f",') == {
        "LABEL": ("a;b:c",),
        "X-LIST": ("d", "e,f", ""),
    }


def test_a_caret_escapes_what_quotes_cannot_hold():
    assert params("ADR;LABEL=a^nb^'c^'^^^x") == {"LABEL": ('a\nb"c"^^x',)}


def test_parameters_are_read_back_as_written():
    written = (("TYPE", ("home",)), ("X-A", ('q"^n', "a,b;c:d", "", "two\nlines", " ^ ")))

    assert header_of("TEL" + write_params(written)).params == written


def test_the_first_type_that_says_where_is_the_label():
    header = header_of("TEL;TYPE=voice,work,fax;X-A=1;VALUE=uri")

    assert header.label == "work"
    assert header.others == (("TYPE", ("voice", "fax")), ("X-A", ("1",)))


def test_how_something_is_delivered_is_no_label():
    assert header_of("EMAIL;TYPE=INTERNET").label == ""


def test_a_header_is_bare_when_its_name_says_it_all():
    assert header_of("TEL;VALUE=text").bare
    assert not header_of("TEL;TYPE=home").bare
    assert not header_of("item1.TEL").bare


@pytest.mark.parametrize("head", ["", "two words", "a b.TEL", "TÉL"])
def test_what_cannot_be_a_property_has_no_header(head):
    assert read_header(head) is None


def test_a_parameter_with_an_impossible_name_gets_a_possible_one():
    assert params("TEL;A B=1") == {"X-A-B": ("1",)}
