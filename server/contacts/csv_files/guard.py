"""Cells that no spreadsheet takes for a formula, and back.

Source: OWASP, CSV Injection; CVE-2021-25960, CVE-2026-55154 (white space or a control character
before the sign).
"""

import unicodedata

_SIGNS = frozenset("=+-@")
_STARTERS = frozenset("\t\r\n")
_APOSTROPHE = "'"


def guard(cell: str) -> str:
    """Return `cell` with an apostrophe before what a program may run or hide.

    That is a sign (`= + - @`, also its wide and small forms), alone or behind blanks, control
    characters and apostrophes; a tab or line break in first place. `unguard` gives `cell` back.
    """
    return _APOSTROPHE + cell if _is_live(cell) else cell


def unguard(cell: str) -> str:
    """Return what `guard` was given; other apostrophes stay."""
    if cell.startswith(_APOSTROPHE) and _is_live(cell[1:]):
        return cell[1:]
    return cell


def _is_live(cell: str) -> bool:
    if not cell:
        return False
    if cell[0] in _STARTERS:
        return True
    if cell[0].isalnum() and cell[0].isascii():  # nearly every cell
        return False
    first = next((char for char in cell if not _is_skipped(char)), "")
    return bool(first) and unicodedata.normalize("NFKC", first)[0] in _SIGNS | {"\u2212"}


def _is_skipped(char: str) -> bool:
    """Blanks, control and format characters, apostrophes: a program may not count them."""
    return char == _APOSTROPHE or char.isspace() or unicodedata.category(char) in ("Cc", "Cf")
