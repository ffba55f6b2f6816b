import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.safe_text import fitted, shown


def test_an_escape_sequence_is_shown_not_executed():
    assert shown("\x1b]0;owned\x07\x1b[31mred") == "␛]0;owned␇␛[31mred"


def test_control_characters_of_eight_bits_are_shown():
    assert shown("\x9b31mred\x90") == "\N{REPLACEMENT CHARACTER}31mred\N{REPLACEMENT CHARACTER}"


def test_a_character_that_turns_the_reading_is_shown():
    assert "\u202e" not in shown("user\u202egpj.exe")


def test_ends_of_lines_stay_on_one_line():
    assert shown("a\nb\tc\rd\u2028e") == "a↵b→c␍d\N{REPLACEMENT CHARACTER}e"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("名前の長い人", "名前の…"),
        ("Ana Müller-Lüdenscheid", "Ana Mü…"),
        ("👩‍👩‍👧 family", "👩👩👧…"),
        ("🇩🇪 Berlin", "DE Ber…"),
        ("👋🏽 hey", "👋 hey "),
        ("short", "short  "),
    ],
)
def test_text_is_cut_or_padded_to_its_cells(text, cut):
    assert fitted(text, 7) == cut


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_any_text_fits_its_width_exactly(text, width):
    assert cell_len(fitted(text, width)) == width


@given(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x2FF)))
def test_nothing_a_terminal_acts_upon_is_left(text):
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown(text))
