"""Columns and rows of a table: data shapes only."""

from collections.abc import Sequence
from dataclasses import dataclass

from tui.widgets.paint import Tone


@dataclass(frozen=True)
class Column:
    """A column: `width` cells at least, and `grow` shares of the room that is left.

    `from_width`: it is shown in a table of so many cells or more. `sort`: what the server calls
    the order by it, when it has one. `is_private`: names and addresses, which privacy mode hides.
    """

    title: str
    width: int
    grow: int = 0
    is_right: bool = False
    from_width: int = 0
    sort: str | None = None
    is_private: bool = False


@dataclass(frozen=True)
class Cell:
    """A text as it came (the table makes it safe) and what it is about."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Row:
    """A line of a table; `id` is the same as long as it is about the same thing.

    `data` is what the screen made it from; equal rows are not drawn again.
    """

    id: str
    cells: tuple[Cell, ...]
    data: object = None


def widths(columns: Sequence[Column], room: int) -> list[tuple[int, int]]:
    """Return (index, cells) of each column that fits into `room` cells with a blank between two.

    A column that does not fit any more is cut or left out; the first is always there.
    """
    shown = [(i, column) for i, column in enumerate(columns) if room >= column.from_width]
    fits: list[tuple[int, int]] = []
    left = room
    for i, column in shown:
        gap = 1 if fits else 0
        if left - gap < min(column.width, 4) and fits:
            break
        fits.append((i, min(column.width, left - gap)))
        left -= gap + fits[-1][1]
    shares = sum(columns[i].grow for i, _ in fits)
    if left <= 0 or not shares:
        return fits
    spare, grown = left, []
    for i, width in fits:
        more = left * columns[i].grow // shares
        spare -= more
        grown.append((i, width + more))
    last = max(place for place, (i, _) in enumerate(grown) if columns[i].grow)
    grown[last] = (grown[last][0], grown[last][1] + spare)
    return grown
