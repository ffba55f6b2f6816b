import pytest

from server.lib.tag_names import KEY_LENGTH, clean_tag, tag_key


def test_a_tag_comes_with_single_spaces():
    assert clean_tag("  rock   climbing ") == "rock climbing"


@pytest.mark.parametrize("text", ["", " ", "\u200b", "a b c d", "x" * 101, "a\nb", "a\0", "\udfff"])
def test_what_is_no_tag_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        clean_tag(text)


@pytest.mark.parametrize("text", ["x" * 100, "a b c", "日本", "🎷"])
def test_one_to_three_words_of_any_script_are_a_tag(text):
    assert clean_tag(text) == text


def test_a_key_fits_its_column():
    assert len(tag_key("ﷺ" * 100)) == KEY_LENGTH
