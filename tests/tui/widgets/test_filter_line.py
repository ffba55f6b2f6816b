import pytest

from tui.widgets.filter_line import parse

FACETS = {"state": ("failed", "pending"), "user": ()}


def test_facets_and_words_are_told_apart():
    asked = parse("state:failed ana b", FACETS, takes_words=True)

    assert (asked.facets, asked.words) == ({"state": "failed"}, "ana b")


def test_a_value_that_a_facet_has_not_is_refused_with_those_it_has():
    with pytest.raises(ValueError, match="state: one of failed, pending"):
        parse("state:lost", FACETS, takes_words=True)


def test_words_are_refused_where_the_server_cannot_look_for_them():
    with pytest.raises(ValueError, match="filtered by state:, user:"):
        parse("ana", FACETS, takes_words=False)


def test_a_word_with_a_colon_that_is_no_facet_is_a_word():
    assert parse("12:30", FACETS, takes_words=True).words == "12:30"
