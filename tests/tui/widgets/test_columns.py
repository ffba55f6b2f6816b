from tui.widgets.columns import Column, widths

THREE = [Column("a", 6), Column("b", 10, grow=1), Column("c", 8, from_width=60)]


def test_room_that_is_left_goes_to_the_column_that_grows():
    assert widths(THREE, 80) == [(0, 6), (1, 64), (2, 8)]


def test_a_column_is_left_out_where_the_table_is_narrow():
    assert widths(THREE, 40) == [(0, 6), (1, 33)]


def test_the_first_column_is_always_there():
    assert widths(THREE, 3) == [(0, 3)]


def test_columns_never_take_more_than_the_room():
    for room in range(1, 120):
        shown = widths(THREE, room)
        assert sum(width for _, width in shown) + len(shown) - 1 <= room
