import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.contacts.vcard.values import (
    escape,
    many_lines,
    on_one_line,
    one_line,
    split_raw,
    split_text,
    unescape,
)
from server.lib.texts import clean_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"a\nb\Nc", "a\nb\nc"),
        (r"a\, b\; c\\", "a, b; c\\"),
        (r"http\://example.org", "http://example.org"),
        (r"C:\temp", r"C:\temp"),
        ("open\\", "open\\"),
    ],
)
def test_escapes_are_undone(raw, text):
    assert unescape(raw) == text


TEXT = st.text(st.characters(exclude_characters="\r"))


@given(TEXT)
def test_escaped_text_is_read_back(text):
    assert unescape(escape(text)) == text


def test_text_of_windows_is_written_with_one_line_break():
    assert escape("a\r\nb\rc") == r"a\nb\nc"


@given(st.lists(TEXT, min_size=1), st.sampled_from(",;"))
def test_escaped_parts_are_split_where_they_were_joined(parts, separator):
    joined = separator.join(map(escape, parts))

    assert [unescape(part) for part in split_raw(joined, separator)] == parts


def test_parts_as_text_have_no_blanks_around():
    assert split_text(r" a\,b , c", ",") == ["a,b", "c"]


def test_a_name_is_one_line_without_control_characters():
    assert one_line(" A\\nB\tC\x0bD\x07 ") == "A B C D"


def test_a_note_keeps_its_lines_and_blanks_without_control_characters():
    assert many_lines(" A\\nB\tC\x0bD\x07 ") == " A\nB\tC\nD "


def test_letters_and_their_accents_become_one_character():
    assert one_line("Zoe\u0308") == many_lines("Zoe\u0308") == "Zoë"


@given(st.text())
def test_every_text_is_clean(raw):
    assert clean_text(one_line(raw), multiline=False) == one_line(raw)
    assert clean_text(many_lines(raw), multiline=True) == many_lines(raw).strip()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_line_breaks_of_a_decoded_value_are_escaped(end):
    assert on_one_line(f"a{end}b") == r"a\nb"


def test_a_backslash_at_the_end_of_a_decoded_line_stays_a_backslash():
    assert unescape(on_one_line("a\\\nb")) == "a\\\nb"
