"""Cells that no spreadsheet takes for a formula, and back.

A spreadsheet need not read a file as it was written: where its list separator is a semicolon, it
parts our cells anew, and breaks lines within quotes that it does not see as such. So each part of
a cell is guarded that could become a cell of its own.

Source: OWASP, CSV Injection; CVE-2021-25960, CVE-2026-55154 (white space or a control character
before the sign).
"""

import re
import unicodedata

_SIGNS = frozenset("=+-@")
_STARTERS = ("\t", "\r", "\n")
_APOSTROPHE = "'"
# What begins a cell for one program or another: delimiters (table.DELIMITERS but for our own
# comma) and line breaks.
_CUTS = re.compile("([;|\t\r\n\x0b\x0c\x85\u2028\u2029])")


def guard(cell: str) -> str:
    """Return `cell` with an apostrophe before what a program may run or hide.

    That is a sign (`= + - @`, also its wide and small forms) that stands first in the cell, or
    behind a delimiter or line break in it, alone or behind blanks, quotes, control characters and
    apostrophes; a tab or line break in first place. `unguard` gives `cell` back.
    """
    return "".join(_APOSTROPHE + part if is_live else part for part, is_live in _parts(cell))


def unguard(cell: str) -> str:
    """Return what `guard` was given; other apostrophes stay."""
    if _APOSTROPHE not in cell:
        return cell
    return "".join(
        part[1:] if is_live and part.startswith(_APOSTROPHE) else part
        for part, is_live in _parts(cell)
    )


def _parts(cell: str) -> list[tuple[str, bool]]:
    """Cut a cell where a program may; say of each part whether it could run.

    An apostrophe before a part changes neither the cuts nor the answer: hence `unguard`.
    """
    first, *others = _CUTS.split(cell)
    hides = not first.strip(_APOSTROPHE) and bool(others) and others[0] in _STARTERS
    return [(first, hides or _is_live(first)), *((part, _is_live(part)) for part in others)]


def _is_live(part: str) -> bool:
    if not part or (part[0].isalnum() and part[0].isascii()):  # nearly every one
        return False
    first = next((char for char in part if not _is_skipped(char)), "")
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in _SIGNS | {"\u2212"}


def _is_skipped(char: str) -> bool:
    """Blanks, control and format characters, quotes: a program may not count them."""
    return char in "'\"" or char.isspace() or unicodedata.category(char) in ("Cc", "Cf")
