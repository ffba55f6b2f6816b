import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.messages.segments import count_segments, is_gsm


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("a" * 69 + "’", 1),
        ("a" * 70 + "’", 2),
    ],
)
def test_a_text_is_as_many_sms_as_carriers_count(text, segments):
    assert count_segments(text) == segments


@pytest.mark.parametrize(("text", "segments"), [("a" * 152 + "€" + "a" * 152, 3), ("🙂" * 67, 3)])
def test_no_letter_is_cut_in_two(text, segments):
    """152 and a 2 do not fit 153; a surrogate pair does not fit the 67th place."""
    assert count_segments(text) == segments


def test_umlauts_fit_the_short_alphabet_and_accents_of_others_do_not():
    assert is_gsm("Grüße, caffè? Ñ @ 5 €")
    assert not is_gsm("ç")


@given(st.text(max_size=500), st.text(max_size=50))
def test_more_text_is_never_fewer_sms(text, more):
    assert count_segments(text) <= count_segments(text + more)
