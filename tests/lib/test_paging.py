import pytest
from pydantic import ValidationError

from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.paging import PageQuery, cut_page

ROWS = [{"name_key": f"ana {n}", "id": uuid7()} for n in range(3)]


def test_a_page_that_is_not_the_last_says_where_the_next_one_starts():
    page, cursor = cut_page(ROWS, 2)

    assert page == ROWS[:2]
    assert PageQuery(cursor=cursor).after == ("ana 1", ROWS[1]["id"])


def test_the_last_page_has_no_cursor():
    assert cut_page(ROWS, 3) == (ROWS, None)


def test_the_first_page_comes_after_nothing():
    assert PageQuery().after is None


@pytest.mark.parametrize("cursor", ["", "x", cursors.encode((1, 2)), cursors.encode(("ana",))])
def test_a_cursor_of_another_kind_is_refused(cursor):
    with pytest.raises(ValidationError):
        PageQuery(cursor=cursor)
