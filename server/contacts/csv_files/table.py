"""Lines of text to rows of cells; a quote that never closes costs one row, not the rest."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")
MAX_CELLS = 1000
MAX_RECOVERIES = 100
"""Broken rows behind which reading begins anew; each may cost a look at 128 K characters."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record and the line where it begins; `problem` is the code of why it has no cells.

    `is_doubtful`: it stands behind a quote that never closed, and may be the rest of a text.
    """

    line: int
    cells: list[str]
    problem: str = ""
    is_doubtful: bool = False


class Table:
    """The rows of a file, one after the other."""

    def __init__(self, lines: Iterator[tuple[str, bool]], delimiter: str) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._waiting: deque[tuple[int, str, bool]] = deque()
        self._taken: list[tuple[int, str, bool]] = []
        self._number = 0
        self._asked_beyond = False
        self._recoveries = 0
        self._doubtful_until = 0

    def rows(self) -> Iterator[Row]:
        """Yield every record that is not blank, bad ones with their problem."""
        reader = self._reader()
        while True:
            self._taken.clear()
            self._asked_beyond = False
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield self._recover("field_too_large")
                reader = self._reader()
                continue
            if self._asked_beyond:
                yield self._recover("unbalanced_quote")
                reader = self._reader()
                continue
            line, _, is_cut = self._taken[0]
            if is_cut:
                yield Row(line, [], "line_too_long")
            elif len(cells) > MAX_CELLS:
                yield Row(line, [], "too_many_cells")
            elif any(cells):
                yield Row(line, cells, is_doubtful=line <= self._doubtful_until)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=self._delimiter, skipinitialspace=False)

    def _feed(self) -> Iterator[str]:
        while True:
            if self._waiting:
                taken = self._waiting.popleft()
            else:
                text, is_cut = next(self._lines, ("", False))
                if not text:
                    # Asked for more in the middle of a record: its quote never closed.
                    self._asked_beyond = bool(self._taken)
                    return
                self._number += 1
                taken = (self._number, text, is_cut)
            self._taken.append(taken)
            # Of a cut line nothing can be told any more.
            yield "\n" if taken[2] else taken[1]

    def _recover(self, problem: str) -> Row:
        """Give the lines behind a broken record's first one back; the first one alone is lost."""
        first, *others = self._taken
        self._recoveries += 1
        if self._recoveries <= MAX_RECOVERIES:
            self._waiting.extendleft(reversed(others))
            if others:
                self._doubtful_until = max(self._doubtful_until, others[-1][0])
        elif others:
            problem = "too_broken"
        return Row(first[0], [], problem)


def delimiter_of(line: str) -> str:
    """Return the delimiter that Excel's own first line names (`sep=;`), or nothing."""
    text = line.strip().strip('"').lower()
    return text[4:] if text.startswith("sep=") and text[4:] in DELIMITERS else ""
