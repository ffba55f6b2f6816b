import pytest

from server.contacts.search_rules import may_be_mistyped, sought_words


def only(text):
    (word,) = sought_words(text)
    return word


@pytest.mark.parametrize(
    ("word", "errors"),
    [("jo", 0), ("李明", 0), ("jon", 1), ("smth", 1), ("muller", 1), ("gerogia", 2)],
)
def test_a_longer_word_may_have_more_errors(word, errors):
    assert only(word).errors == errors


def test_of_three_letters_only_a_missing_one_is_forgiven():
    assert only("jon").only_missing
    assert not only("jhon").only_missing


@pytest.mark.parametrize("word", ["+49 30", "901820", "b2b", "jose@ex", "x" * 41, "%%%%"])
def test_numbers_and_what_is_no_name_are_exact(word):
    assert not may_be_mistyped(sought_words(word))


def test_neighbours_are_exchanged_in_short_words_only():
    assert only("jhon").exchanged == ("hjon", "john", "jhno")
    assert only("gerogia").exchanged == ()


def test_accents_and_vowel_signs_belong_to_a_word():
    assert [only(name).errors for name in ("Müler", "प्रिया", "o’brian")] == [1, 1, 2]


def test_a_word_within_another_one_is_said_already():
    assert [word.text for word in sought_words("an Anna n anna")] == ["anna"]


def test_few_words_of_a_long_search_may_be_mistyped():
    words = sought_words(" ".join(f"{letter * 4}" for letter in "abcdefghijklmnopq"))

    assert sum(bool(word.errors) for word in words) == 6


@pytest.mark.parametrize("text", ["", "   ", "\u200b"])
def test_a_search_without_words_looks_for_nothing(text):
    assert sought_words(text) == ()
