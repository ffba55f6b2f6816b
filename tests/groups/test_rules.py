import pytest

from server.groups.rules import match_tags


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Rock Climbing", "rock climbing"),
        ("rock climbin", "rock climbing"),
        ("Café", "cafe"),
        ("jazz!", "jazz"),
    ],
)
def test_a_name_like_a_known_tag_means_that_tag(name, known):
    assert match_tags([name], [known]) == {name: known}


@pytest.mark.parametrize(
    ("name", "known"),
    [("car", "cat"), ("hiking", "biking"), ("tennis club", "tennis"), ("jazz", "rock")],
)
def test_a_name_that_only_resembles_a_tag_is_a_new_one(name, known):
    assert match_tags([name], [known]) == {name: name}


def test_tags_with_other_numbers_are_never_the_same():
    # 92 percent alike.
    assert match_tags(["class of 2019"], ["class of 2018"]) == {"class of 2019": "class of 2019"}


def test_an_equal_tag_wins_over_a_similar_one():
    assert match_tags(["climbing"], ["climbings", "climbing"]) == {"climbing": "climbing"}


def test_names_of_one_call_are_compared_with_each_other():
    assert match_tags(["Choir", "choirs", "CHOIR"], []) == {
        "Choir": "choir",
        "choirs": "choir",
        "CHOIR": "choir",
    }
