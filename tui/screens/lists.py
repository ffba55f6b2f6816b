"""Lists: pages from the server under a filter and an order, and a detail of each row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui.errors import ApiError, Refused
from tui.screens.asked import PAGE_SIZE, Asked, Fetched
from tui.screens.detail import DetailScreen
from tui.screens.frame import AdminScreen
from tui.session import Session
from tui.widgets.bars import Bar, part
from tui.widgets.columns import Column, Row
from tui.widgets.detail import Detail
from tui.widgets.filter_line import NO_FILTER, Filter, FilterLine, parse
from tui.widgets.paint import Tone
from tui.widgets.table import PagedTable

# A file of an export; beyond it the command line is the better way.
MOST_EXPORTED = 10_000


class ListScreen(AdminScreen):
    """A table of what the server lists.

    Subclasses set `COLUMNS`, `FACETS` (a facet and its values; none listed: any), `TEXT_FACET`
    (whether free words filter), `USUAL` (the order before one is chosen, if a column has it),
    `ONE_WAY` (orders that are not turned round), and write `fetch`, `detail`, and `acts` (for
    `self.row`).
    """

    COLUMNS: Sequence[Column] = ()
    FACETS: ClassVar[Mapping[str, Sequence[str]]] = {}
    TEXT_FACET = False
    USUAL: str | None = None
    ONE_WAY: Collection[str] = ()
    TITLE = ""
    EMPTY = "Nothing here."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("o", "order", "Order", show=False),
        Binding("O", "reverse", "Reverse the order", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.filter = NO_FILTER
        self.order: str | None = None
        self.is_reversed = False
        self._is_of_before = False
        """The rows are of an earlier filter or order; those of this one have not come."""

    # What subclasses write

    async def fetch(self, asked: Asked) -> Fetched:
        """Read one page. Raises ApiError."""
        raise NotImplementedError

    async def detail(self, row: Row) -> Detail:
        """Read all there is to say about a row. Raises ApiError."""
        raise NotImplementedError

    def summary(self) -> Sequence[tuple[str, Tone]]:
        """Return what the line above the table says beside the filter."""
        return ()

    def check_filter(self, asked: Filter) -> None:
        """Refuse a value that is none. Raises ValueError, which says what would be."""

    # The frame

    def body(self) -> ComposeResult:
        """Yield a line about the list, the table, and the line of the filter."""
        yield Bar(id="about")
        yield PagedTable(list(self.COLUMNS), PAGE_SIZE)
        yield FilterLine(self.FACETS)

    @property
    def table(self) -> PagedTable:
        """The table."""
        return self.query_one(PagedTable)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.table.row

    def hide_private(self, hides: bool) -> None:
        """Hide names and addresses, or show them again."""
        self.table.hide_private(hides)

    async def load(self) -> None:
        """Read the pages in view again."""
        try:
            if self._is_of_before:
                await self._load_anew()
            else:
                for page in self.table.in_view() or [0]:
                    await self._load_page(page)
        except ApiError as error:
            self._show_about()
            raise self._with_way_on(error) from None
        self._show_about()

    async def _load_anew(self) -> None:
        fetched = await self.fetch(self._asked(None))
        self.table.reset()
        self._is_of_before = False
        self.table.put(0, fetched.rows, fetched.next_cursor)

    async def _load_page(self, page: int) -> None:
        starts, asked_of = self.table.pages.starts, self.table.pages
        if page >= len(starts) or self._is_of_before:
            return
        fetched = await self.fetch(self._asked(starts[page]))
        # A filter may have been set while the page was under way.
        if self.table.pages is asked_of:
            self.table.put(page, fetched.rows, fetched.next_cursor)

    def _asked(self, cursor: str | None) -> Asked:
        return Asked(self.filter, cursor, self.order, self.is_reversed)

    @on(PagedTable.Lacking)
    def _lacking(self, event: PagedTable.Lacking) -> None:
        self._fill(event.pages)

    @work(exclusive=True, group="fill")
    async def _fill(self, pages: list[int]) -> None:
        if self.session.api is None:
            return
        try:
            for page in pages:
                await self._load_page(page)
        except ApiError as error:
            # Where it is shown that values are old; the next round tries again.
            self.session.trouble = self._with_way_on(error)
            self.show_chrome()
        self._show_about()

    def _with_way_on(self, error: ApiError) -> ApiError:
        if isinstance(error, Refused) and self.filter != NO_FILTER:
            return replace(error, way_on="Correct the filter with /, or take it away with Esc.")
        return error

    def _show_about(self) -> None:
        pages = self.table.pages
        count = f"{pages.length:,}{'' if pages.is_whole else '+'}"
        left = [part(self.TITLE, Tone.KEY), part(count if pages.length else self.EMPTY, Tone.DIM)]
        left += [part(text, tone, rank=2) for text, tone in self.summary()]
        right = []
        if self.filter != NO_FILTER:
            right.append(part(f"/ {self.filter.text}".strip(), Tone.WARN, action="screen.filter"))
        if self._is_of_before:
            right.append(part("rows of before", Tone.WARN))
        self.query_one("#about", Bar).put(left, right)

    # Filter and order

    def action_filter(self) -> None:
        """Write a filter."""
        line = self.query_one(FilterLine)
        line.value = self.filter.text.strip()
        line.add_class("-open")
        line.focus()

    @on(FilterLine.Left)
    def _left_filter(self) -> None:
        self._close_filter(NO_FILTER)

    @on(Input.Submitted, "#filter")
    def _filtered(self, event: Input.Submitted) -> None:
        event.stop()
        self.take_filter(event.value)

    def take_filter(self, text: str) -> None:
        """List what fits `text`, or say why that is no filter."""
        try:
            asked = parse(text, self.FACETS, takes_words=self.TEXT_FACET)
            self.check_filter(asked)
        except ValueError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        self._close_filter(asked)

    def _close_filter(self, asked: Filter) -> None:
        self.query_one(FilterLine).remove_class("-open")
        self.table.focus()
        if asked != self.filter:
            self.filter = asked
            if self.order not in self.orders:
                self._put_order(None, is_reversed=False)
            self.restart()

    def restart(self) -> None:
        """Begin the list anew, from its top; the rows of before stay until others come."""
        self._is_of_before = True
        self.action_refresh()

    def action_order(self) -> None:
        """Order by the next column that the server can order by."""
        orders = self.orders
        if not orders:
            self.notify("The server keeps this list in one order.", markup=False)
            return
        place = orders.index(self.order) + 1 if self.order in orders else 0
        self._put_order(orders[place % len(orders)], is_reversed=False)
        self.restart()

    def action_reverse(self) -> None:
        """Turn the order round."""
        order, is_reversed = (self.order, self.is_reversed) if self.order else self.usual
        if order is None or order in self.ONE_WAY:
            self.notify("The server keeps this order one way only.", markup=False)
            return
        self._put_order(order, is_reversed=not is_reversed)
        self.restart()

    @property
    def orders(self) -> list[str]:
        """What the list can be ordered by, as it is filtered now."""
        return [column.sort for column in self.COLUMNS if column.sort is not None]

    @property
    def usual(self) -> tuple[str | None, bool]:
        """The order before one is chosen, and whether it is that one turned round."""
        return self.USUAL or next(iter(self.orders), None), False

    def _put_order(self, order: str | None, *, is_reversed: bool) -> None:
        self.order, self.is_reversed = order, is_reversed
        self.table.show_order(order or "", is_reversed)

    def action_back(self) -> None:
        """Take the filter away."""
        if self.filter != NO_FILTER:
            self._close_filter(NO_FILTER)

    # Detail, copy, export

    @on(PagedTable.Chosen)
    def _chosen(self, event: PagedTable.Chosen) -> None:
        self.app.push_screen(DetailScreen(self, event.row))

    def copied(self) -> str:
        """Return the id of the row."""
        return self.row.id if self.row is not None else ""

    async def exported(self) -> object:
        """Return all rows that fit the filter, MOST_EXPORTED of them at most."""
        items: list[object] = []
        cursor: str | None = None
        while True:
            fetched = await self.fetch(self._asked(cursor))
            items += [self.plain(row) for row in fetched.rows]
            cursor = fetched.next_cursor
            if cursor is None or len(items) >= MOST_EXPORTED:
                return {"items": items, "is_complete": cursor is None}

    def plain(self, row: Row) -> object:
        """Return what is exported of a row."""
        return row.data
