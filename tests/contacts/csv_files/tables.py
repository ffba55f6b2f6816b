"""CSV files for tests, and what the reader makes of them."""

import csv
import io
from collections.abc import Mapping

from server.contacts.csv_files.contact import CsvContact
from server.contacts.csv_files.read import find_layout, read_rows
from server.contacts.vcard.card import BadCard


def table(*rows: Mapping[str, str], delimiter: str = ",") -> str:
    """Write rows, cells by header, as a program would."""
    text = io.StringIO()
    headers = list(dict.fromkeys(header for row in rows for header in row))
    writer = csv.DictWriter(text, headers, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read(content: bytes | str, **mapping: str) -> list[CsvContact | BadCard]:
    """Read a file."""
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return list(read_rows(file, find_layout(file, mapping), mapping))


def contacts_of(content: bytes | str, **mapping: str) -> list[CsvContact]:
    """Read a file in which every row is a contact."""
    rows = read(content, **mapping)
    assert not [row for row in rows if isinstance(row, BadCard)], rows
    return [row for row in rows if isinstance(row, CsvContact)]


def contact_of(**cells: str) -> CsvContact:
    """Read one row; underscores stand for blanks."""
    row = {name.replace("_", " "): cell for name, cell in cells.items()}
    (contact,) = contacts_of(table({"Name": "Ada", **row}))
    return contact


def points_of(contact: CsvContact) -> list[tuple[str, str, str]]:
    """Return kind, value and label of each way to reach someone."""
    return [(point.kind.value, point.value, point.label) for point in contact.card.points]
