import pytest
from pydantic import ValidationError

from server.errors import BadInput
from server.lib import cursors
from server.lib.ids import uuid7
from server.lib.paging import PageQuery, ShortListQuery, cut_page, page_of

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


def test_the_pages_of_a_short_list_have_each_item_once_in_order():
    items, seen, cursor, first = [5, 1, 4, 2, 3], [], None, True
    while first or cursor is not None:
        first = False
        query = ShortListQuery(limit=2, cursor=cursor)
        page, cursor = page_of(items, query, lambda item: (item,), int)
        seen += page
        items = [item for item in items if item != 2]  # gone meanwhile: the place still holds

    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("cursor", ["", "x", cursors.encode((1, 2)), cursors.encode(("a",))])
def test_a_short_list_refuses_the_cursor_of_another(cursor):
    with pytest.raises(BadInput):
        page_of([1], ShortListQuery(cursor=cursor), lambda item: (item,), int)
