"""One cell as text: clean, without the apostrophe that guards it."""

import re

from server.contacts.csv_files.guard import unguard
from server.contacts.vcard.values import many_lines, one_line

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
MANY_LINES = frozenset({"notes", "address", "custom", "custom_json", "extra", "echo", "social"})


def clean_cell(cell: str, field: str) -> tuple[str, bool]:
    """Return what a cell says to a field, and whether control characters were left out.

    Fields of one line get blanks for line breaks; notes and addresses keep the blanks around
    them. Backslashes are letters here.
    """
    text = unguard(cell)
    if text.isascii() and text.isprintable():  # nearly every cell
        return (text if field in MANY_LINES else text.strip()), False
    # A value of a vCard has escapes, a cell has none.
    raw = text.replace("\\", "\\\\")
    read = many_lines(raw) if field in MANY_LINES else one_line(raw)
    return read, _CONTROL.search(text) is not None
