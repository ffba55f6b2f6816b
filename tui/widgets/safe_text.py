"""The one place where text of others becomes text on a terminal.

Names, logs and payloads may hold escape sequences, characters that turn the direction of reading,
and letters of every width. What a terminal would act upon is shown as a symbol instead.
"""

import unicodedata
from textwrap import wrap

from rich.cells import cell_len, chop_cells, set_cell_size

_DELETE = 0x7F
# Separators of lines, formats (they turn the direction of reading: CVE-2021-42574), surrogates,
# private and unassigned ones.
_UNSEEN = frozenset({"Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"})
# Joiners, variation selectors and skin tones: terminals disagree about the width of what they
# make, so each sign stands by itself.
_JOINERS = frozenset({0x200C, 0x200D, 0x20E3, *range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400)})
# Flags are pairs of these; some terminals draw one of two cells, some two of two. We write DE.
_FLAG_A, _FLAG_Z = 0x1F1E6, 0x1F1FF
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_MARK = {0x09: "→", 0x0A: "↵"}


class _Shown(dict[int, str]):
    """What to show for each code point, found out once."""

    def __missing__(self, code: int) -> str:
        self[code] = text = _symbol(chr(code))
        return text


def _symbol(char: str) -> str:
    code = ord(char)
    if code in _MARK:
        return _MARK[code]
    if code < 0x20:
        return chr(0x2400 + code)  # the block of control pictures: ␛ for escape
    if code == _DELETE:
        return "␡"
    if code in _JOINERS:
        return ""
    if _FLAG_A <= code <= _FLAG_Z:
        return chr(ord("A") + code - _FLAG_A)
    if unicodedata.category(char) in _UNSEEN:
        return _REPLACEMENT
    return char


_TABLE = _Shown()


def shown(text: str) -> str:
    """Return `text` on one line and harmless: control characters as symbols, ends of line as ↵."""
    return text.translate(_TABLE)


def fitted(text: str, width: int) -> str:
    """Return `shown(text)` in exactly `width` cells: padded, or cut with an ellipsis.

    Cells, not characters: an ideograph or an emoji takes two.
    """
    if width <= 0:
        return ""
    clean = shown(text)
    if clean.isascii():  # one cell each
        if len(clean) <= width:
            return clean.ljust(width)
        return clean[: width - 1] + "…"
    if cell_len(clean) <= width:
        return set_cell_size(clean, width)
    return set_cell_size(clean, width - 1) + "…"


def width_of(text: str) -> int:
    """Return how many cells `shown(text)` takes."""
    clean = shown(text)
    return len(clean) if clean.isascii() else cell_len(clean)


def wrapped(text: str, width: int) -> list[str]:
    """Return `shown(text)` in lines of `width` cells at most, one at least."""
    clean = shown(text)
    if clean.isascii():
        return wrap(clean, width, break_on_hyphens=False) or [""]
    return chop_cells(clean, width) or [""]
