import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.lib.texts import clean_text, exact_text, search_key


def test_outer_white_space_goes():
    assert clean_text(" \t Ada Lovelace \n", multiline=False) == "Ada Lovelace"


def test_text_becomes_composed():
    assert clean_text("Zoe\u0308", multiline=False) == "Zo\u00eb"


def test_line_breaks_become_one_kind():
    assert clean_text("a\r\nb\rc\n\td", multiline=True) == "a\nb\nc\n\td"


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\tb"])
def test_a_single_line_has_no_breaks(text: str):
    with pytest.raises(ValueError, match="line break or tab"):
        clean_text(text, multiline=False)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\0b", "null byte"),
        ("\0", "null byte"),
        ("a\ud800", "surrogate"),
        ("\udfffa", "surrogate"),
        ("a\x07", "control character"),
        ("\x0b", "control character"),
        ("a\x1fb", "control character"),
        ("a\x7fb", "control character"),
        ("\x85a", "control character"),
        ("a\x9f", "control character"),
    ],
)
@pytest.mark.parametrize("multiline", [True, False])
def test_what_cannot_be_kept_is_refused_with_its_reason(text: str, reason: str, multiline: bool):
    with pytest.raises(ValueError, match=reason):
        clean_text(text, multiline=multiline)
    with pytest.raises(ValueError, match=reason):
        exact_text(text)


@pytest.mark.parametrize("text", ["", " a ", "a\r\nb\rc\n\td\n", "Zoe\u0308", "\u200b", "\ufeffa"])
def test_an_exact_text_stays_as_it_is(text: str):
    assert exact_text(text) == text


def test_the_reason_does_not_repeat_the_text():
    with pytest.raises(ValueError, match=r"^contains a null byte$"):
        clean_text("secret\0", multiline=True)


@pytest.mark.parametrize("text", ["😍", "❤️", "👩‍👩‍👧", "٣", "ᚠ", "<script>", "﷽", "a\u200bb"])
def test_every_script_is_welcome(text: str):
    assert clean_text(text, multiline=False) == text


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_clean_text_can_be_cleaned_again(text: str):
    try:
        cleaned = clean_text(text, multiline=True)
    except ValueError:
        return
    assert clean_text(cleaned, multiline=True) == cleaned


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Émile   Zola ", "emile zola"),
        ("STRASSE", search_key("Straße")),
        ("Łódź", "lodz"),
        ("Đà Nẵng", "da nang"),
        ("İSTANBUL", "istanbul"),
        ("Søren", "soren"),
        ("Ἀθῆναι", "αθηναι"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("Артём", "артем"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("שָׁלוֹם", "שלום"),
        ("مُحَمَّد", "محمد"),
        ("soft\u00adhyphen", "softhyphen"),
    ],
)
def test_case_accents_and_points_do_not_matter(text: str, key: str):
    assert search_key(text) == key


@pytest.mark.parametrize(
    ("one", "other"), [("パリ", "バリ"), ("กา", "ก้า"), ("दिल", "दल"), ("가", "각")]
)
def test_marks_that_make_another_letter_matter(one: str, other: str):
    assert search_key(one) != search_key(other)


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters()))
def test_the_key_of_a_key_is_the_key(text: str):
    assert search_key(search_key(text)) == search_key(text)
