import csv
from collections.abc import Iterable, Iterator
from typing import Any

from server.contacts.csv_files.table import Table

LINES_BETWEEN = 40_000
LONGEST_FIELD = csv.field_size_limit()
BROKEN = 5


def test_broken_quotes_in_a_large_file_cost_a_look_ahead_each_and_no_row(monkeypatch):
    """Each may be looked for as far as a field is long, and not to the end of the file."""
    looked_at = 0
    real = csv.reader

    def counted(lines: Iterable[str]) -> Iterator[str]:
        nonlocal looked_at
        for line in lines:
            looked_at += 1
            yield line

    def reader(lines: Iterable[str], **options: Any) -> Any:
        return real(counted(lines), **options)

    monkeypatch.setattr("server.contacts.csv_files.table.csv.reader", reader)
    file = ['"Ada,1\n', *["x,y\n"] * LINES_BETWEEN] * BROKEN

    rows = list(Table(((line, False) for line in file), ",").rows())

    assert [row.problem for row in rows if row.problem] == ["field_too_large"] * BROKEN
    assert sum(row.cells == ["x", "y"] for row in rows) == BROKEN * LINES_BETWEEN
    assert looked_at <= len(file) + BROKEN * (LONGEST_FIELD // len("x,y\n") + 1)
