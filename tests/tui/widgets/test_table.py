from textual.app import App, ComposeResult

from tui.theme import CSS, DARK
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.table import HIDDEN, PagedTable

COLUMNS = [Column("Id", 6), Column("Name", 10, grow=1, is_private=True)]


class TableApp(App[None]):
    CSS = CSS

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield PagedTable(COLUMNS, page_size=10)


def rows(*names: str) -> list[Row]:
    return [Row(name, (Cell(name), Cell(f"name of {name}"))) for name in names]


def lines(table: PagedTable) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


async def test_the_cursor_stays_on_its_row_when_rows_come_before_it():
    async with TableApp().run_test(size=(40, 8)) as pilot:
        table = pilot.app.query_one(PagedTable)
        table.put(0, rows("a", "b", "c"), None)
        table.action_move(1)

        table.put(0, rows("new", "a", "b", "c"), None)

        assert table.row is not None
        assert table.row.id == "b"


async def test_a_cursor_at_the_top_stays_there():
    async with TableApp().run_test(size=(40, 8)) as pilot:
        table = pilot.app.query_one(PagedTable)
        table.put(0, rows("a", "b"), None)

        table.put(0, rows("new", "a", "b"), None)

        assert table.cursor == 0


async def test_a_row_that_is_gone_leaves_the_cursor_inside():
    async with TableApp().run_test(size=(40, 8)) as pilot:
        table = pilot.app.query_one(PagedTable)
        table.put(0, rows("a", "b", "c"), None)
        table.action_bottom()

        table.put(0, rows("a"), None)

        assert table.cursor == 0


async def test_names_are_hidden_and_ids_are_not():
    async with TableApp().run_test(size=(40, 8)) as pilot:
        table = pilot.app.query_one(PagedTable)
        table.put(0, rows("a"), None)

        table.hide_private(True)

        assert "name of a" not in lines(table)[1]
        assert HIDDEN in lines(table)[1]
        assert lines(table)[1].startswith("a")


async def test_no_line_is_wider_than_the_table_whatever_stands_in_it():
    nasty = ["名前の長い人" * 9, "👩‍👩‍👧" * 40, "\x1b[31m" * 30, "e\u0301" * 99, "\u202eabc"]
    for width in (12, 40, 79):
        async with TableApp().run_test(size=(width, 9)) as pilot:
            table = pilot.app.query_one(PagedTable)
            made = [Row(str(i), (Cell(text), Cell(text))) for i, text in enumerate(nasty)]
            table.put(0, made, None)

            assert {table.render_line(y).cell_length for y in range(9)} == {width}
            assert "\x1b" not in "".join(lines(table))
