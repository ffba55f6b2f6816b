from tui.widgets.columns import Cell, Row
from tui.widgets.pages import MOST_HELD, Pages


def rows(start: int, count: int) -> list[Row]:
    return [Row(str(number), (Cell(str(number)),)) for number in range(start, start + count)]


def filled(pages: int) -> Pages:
    held = Pages(10)
    for page in range(pages):
        held.put(page, rows(page * 10, 10), f"c{page + 1}")
    return held


def test_the_end_is_known_when_no_cursor_leads_on():
    held = filled(2)
    assert not held.is_whole

    held.put(2, rows(20, 4), None)

    assert (held.is_whole, held.length) == (True, 24)


def test_memory_does_not_grow_with_scrolling():
    held = filled(100)

    assert len(held.rows_held()) == MOST_HELD * 10
    assert held.get(0) is None


def test_a_page_that_was_let_go_is_fetched_by_the_cursor_that_led_to_it():
    held = filled(100)

    assert held.lacks(3)
    assert held.starts[3] == "c3"


def test_a_list_that_moved_forgets_its_later_pages():
    held = filled(5)

    held.put(0, rows(100, 10), "elsewhere")

    assert (held.length, held.starts) == (10, [None, "elsewhere"])


def test_the_same_page_again_changes_nothing():
    held = filled(5)

    held.put(0, rows(0, 10), "c1")

    assert held.length == 50


def test_a_list_that_shrank_to_one_page_ends_there():
    held = filled(3)

    held.put(0, rows(0, 2), None)

    assert (held.length, held.is_whole, held.starts) == (2, True, [None])
