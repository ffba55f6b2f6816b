from tui.widgets.graph import rows_of


def test_a_full_value_fills_its_half_of_every_cell():
    assert rows_of([4.0, 4.0], 2, 4.0) == ["⣿", "⣿"]


def test_a_small_value_has_one_dot():
    assert rows_of([0.001, 0.0], 2, 100.0) == [" ", "⡀"]


def test_what_is_not_known_is_blank():
    assert rows_of([None, None, 8.0, 8.0], 1, 8.0) == [" ⣿"]


def test_a_value_above_the_top_stays_inside():
    assert rows_of([99.0, 99.0], 1, 4.0) == ["⣿"]
