"""Read contacts from CSV files, however they were made."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import IO

from server.contacts.csv_files.cells import clean_cell
from server.contacts.csv_files.contact import CsvContact
from server.contacts.csv_files.decode import Survey, read_lines, survey
from server.contacts.csv_files.fields import IDENTITY, Column
from server.contacts.csv_files.header_words import THUNDERBIRD
from server.contacts.csv_files.headers import columns_of, folded, known_column
from server.contacts.csv_files.rows import RowBuilder
from server.contacts.csv_files.table import DELIMITERS, MAX_CELLS, Row, Table, delimiter_of
from server.contacts.vcard.card import UNNAMED, BadCard
from server.contacts.vcard.limits import MAX_NAME_CHARS

HEADER_WITHIN = 10
"""Lines before the header: LinkedIn writes three."""

MAX_HEADERS_SHOWN = 50
MAX_HEADER_CHARS_SHOWN = 60
_DAMAGE = "\ufffd"
_REASONS = {
    "field_too_large": "A cell has over 131,072 characters, or its quote never closes.",
    "unbalanced_quote": "A quote opens in this row and never closes.",
    "too_broken": "Too many quotes never close; the rows behind this one could not be told apart.",
    "line_too_long": "The line has over 1,000,000 characters.",
    "too_many_cells": f"The row has over {MAX_CELLS} cells.",
    "stray_text": "This line stands behind a quote that never closes, and is no whole row.",
}


class UnknownColumns(Exception):
    """No column says who is meant. `headers` are those of the file, the first ones."""

    def __init__(self, headers: Sequence[str]) -> None:
        super().__init__("no column is recognised")
        self.headers = tuple(headers)


class UnmatchedMapping(Exception):
    """A mapping names columns that the file does not have; `headers` are the file's first ones."""

    def __init__(self, missing: Sequence[str], headers: Sequence[str]) -> None:
        super().__init__("a mapped column is not there")
        self.missing = tuple(missing)
        self.headers = tuple(headers)


class TooManyColumns(Exception):
    """The header has more columns than any address book."""


@dataclass(frozen=True)
class Layout:
    """How a file is to be read; `header_lines` physical rows come before the data."""

    survey: Survey
    delimiter: str
    columns: tuple[Column, ...]
    skipped_rows: int

    @cached_property
    def says_location(self) -> bool:
        """Whether there is a column for it; Google's former one nobody could fill in."""
        is_googles = any(folded(column.header) == "directory server" for column in self.columns)
        return not is_googles and any(column.field == "location" for column in self.columns)


def find_layout(file: IO[bytes], mapping: Mapping[str, str]) -> Layout:
    """Look at a seekable file: its encoding, delimiter and columns.

    Raises:
        UnknownColumns: neither the headers nor `mapping` name anything to know a person by.
        UnmatchedMapping: `mapping` names a column that is not there.
        TooManyColumns: over 1,000.
    """
    found = survey(file)
    lines = list(islice(read_lines(file, found.encoding), HEADER_WITHIN + 1))
    file.seek(0)
    named = delimiter_of(lines[0][0]) if lines else ""
    best: tuple[tuple[int, int], str, int, list[str]] | None = None
    for delimiter in (named,) if named else DELIMITERS:
        rows = Table(iter(lines), delimiter).rows()
        for number, row in enumerate(islice(rows, HEADER_WITHIN)):
            score = (_recognised(row.cells, mapping), len(row.cells) if number == 0 else 0)
            if best is None or score > best[0]:
                best = (score, delimiter, number, row.cells)
    if best is None:
        return Layout(found, ",", (), 0)
    (known, _), delimiter, number, headers = best
    if len(headers) > MAX_CELLS or any(row.problem == "too_many_cells" for row in _peek(lines)):
        raise TooManyColumns
    columns = columns_of(headers, mapping) if known else _without_header(headers, mapping)
    names = headers if known or columns is None else [column.header for column in columns]
    if missing := _missing(mapping, names):
        raise UnmatchedMapping(_shown(missing), _shown(names))
    if columns is None:
        raise UnknownColumns(_shown(headers))
    return Layout(found, delimiter, tuple(columns), number + 1 if known else 0)


def read_rows(
    file: IO[bytes], layout: Layout, mapping: Mapping[str, str]
) -> Iterator[CsvContact | BadCard]:
    """Yield every row below the header, in order; a row that gives no contact as a BadCard.

    Nothing is raised for any content. Memory does not grow with the number of rows.
    """
    table = Table(read_lines(file, layout.survey.encoding), layout.delimiter)
    rows = islice(table.rows(), layout.skipped_rows, None)
    for position, row in enumerate(rows, 1):
        yield _read_row(position, row, layout, mapping)


def _read_row(
    position: int, row: Row, layout: Layout, mapping: Mapping[str, str]
) -> CsvContact | BadCard:
    problem = row.problem
    if row.is_doubtful and len(row.cells) != len(layout.columns):
        problem = "stray_text"
    if problem:
        return BadCard(position, row.line, None, problem, _REASONS[problem])
    builder = RowBuilder(row.line, layout.survey.day_first, layout.says_location)
    _fill(builder, row.cells, layout)
    builder.settle()
    name = builder.name()
    if not name:
        if not builder.slots and not builder.texts and not builder.custom:
            return BadCard(position, row.line, None, "empty_row", "The row says nothing.")
        builder.warn("no_name")
        name = UNNAMED
    if len(name) > MAX_NAME_CHARS:
        reason = f"The name has {len(name)} characters; at most {MAX_NAME_CHARS} are possible."
        return BadCard(position, row.line, name[:MAX_NAME_CHARS], "name_too_long", reason)
    return builder.contact(position, _digest(row.cells, layout, mapping), name)


def _fill(builder: RowBuilder, cells: Sequence[str], layout: Layout) -> None:
    columns = layout.columns
    for column, cell in zip(columns, cells, strict=False):
        if not cell or column.field == "ignore":
            continue
        text, has_controls = clean_cell(cell, column.field)
        if has_controls:
            builder.warn("control_characters", column.header)
        if layout.survey.is_damaged and _DAMAGE in text:
            builder.warn("unreadable_characters", column.header)
        if text.strip():
            builder.add(column, text)
    more = [(number, cell) for number, cell in enumerate(cells, 1) if number > len(columns)]
    if any(cell for _, cell in more):
        builder.warn("more_cells")
        for number, cell in more:
            if text := clean_cell(cell, "custom")[0].strip():
                builder.keep(f"Column {number}", text)


def _digest(cells: Sequence[str], layout: Layout, mapping: Mapping[str, str]) -> bytes:
    """Hash what the row says, however it is spelled: encoding, delimiter, order of columns."""
    said = sorted(
        (column.header, cell) for column, cell in zip(layout.columns, cells, strict=False) if cell
    )
    whole = [said, list(cells[len(layout.columns) :]), sorted(mapping.items())]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=True).encode()).digest()


def _recognised(cells: Sequence[str], mapping: Mapping[str, str]) -> int:
    """Count the headers that say who is meant or how to reach them; 0 when none says who."""
    if len(cells) > MAX_CELLS:
        return 0
    names = [name for name in mapping if not name.isdigit()]  # numbers count columns
    wishes = {*names, *map(folded, names)}
    mapped = sum(cell in wishes or folded(cell) in wishes for cell in cells if cell.strip())
    known = [column for cell in cells if (column := known_column(cell))]
    says_who = mapped or any(column.field in IDENTITY for column in known)
    return len(known) + mapped if says_who else 0


def _without_header(cells: list[str], mapping: Mapping[str, str]) -> list[Column] | None:
    """Return the columns of a file whose first line is a contact already."""
    numbers = [str(number) for number in range(1, len(cells) + 1)]
    if any(number in mapping for number in numbers):
        return columns_of([f"Column {number}" for number in numbers], _by_number(mapping))
    has_mail = len(cells) > 5 and ("@" in cells[4] or "@" in cells[5])
    if len(THUNDERBIRD) - 2 <= len(cells) <= len(THUNDERBIRD) + 2 and has_mail:
        return columns_of(THUNDERBIRD, mapping)
    return None


def _missing(mapping: Mapping[str, str], headers: Sequence[str]) -> list[str]:
    """Return the columns of a mapping that are neither a header nor the number of a column."""
    there = {*headers, *map(folded, headers), *map(str, range(1, len(headers) + 1))}
    return [name for name in mapping if name not in there and folded(name) not in there]


def _shown(names: Sequence[str]) -> list[str]:
    return [name[:MAX_HEADER_CHARS_SHOWN] for name in names[:MAX_HEADERS_SHOWN]]


def _by_number(mapping: Mapping[str, str]) -> dict[str, str]:
    return {f"Column {name}" if name.isdigit() else name: wish for name, wish in mapping.items()}


def _peek(lines: Sequence[tuple[str, bool]]) -> Iterator[Row]:
    return chain.from_iterable(
        islice(Table(iter(lines), delimiter).rows(), 1) for delimiter in DELIMITERS
    )


def file_looks_like_csv(head: bytes) -> bool:
    """Say whether the beginning of a file can be a table: text with a delimiter in a line."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return any(len(next(csv.reader([first], delimiter=each), [])) > 1 for each in DELIMITERS)
    except csv.Error:
        return False
