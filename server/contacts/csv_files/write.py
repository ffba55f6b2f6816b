"""Write contacts as CSV: one row each, a column for each thing; safe to open in a spreadsheet.

The columns are Google's where it has one, so that Google Contacts takes the file, too. Every
cell that a spreadsheet could take for a formula has an apostrophe before it (guard.py), which
our import takes off again.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from server.contacts.csv_files.cell_lists import SEPARATOR
from server.contacts.csv_files.guard import guard
from server.contacts.rules import ADDRESS_PARTS

BOM = "\ufeff"
"""Tells Excel that the file is UTF-8."""

_TEXTS = {
    "UID": "uid",
    "Name": "name",
    "Nickname": "nickname",
    "Organization Name": "organisation",
    "Organization Title": "title",
    "Location": "location",
    "Time Zone": "zone",
    "Notes": "notes",
    "Visibility": "visibility",
}
_SETTINGS = {
    "Circle": "circle",
    "Cadence": "cadence",
    "Cadence Days": "cadence_days",
    "Paused Until": "paused_until",
    "Never Suggest": "never_suggest",
    "Preferred Way": "preferred_way",
    "Archived At": "archived_at",
}
_LISTS = ("Labels", "Groups", "Custom Fields", "Birthday", "Anniversary")
_POINTS = {"phone": "Phone", "email": "E-mail", "link": "Website", "social": "Social"}
_ADDRESS = {
    "street": "Street",
    "locality": "City",
    "po_box": "PO Box",
    "region": "Region",
    "postal_code": "Postal Code",
    "country": "Country",
    "extended": "Extended Address",
}
Widths = Mapping[str, int]
"""How many of each kind of point, and of `date`, the widest contact has."""


def header(widths: Widths) -> str:
    """Return the first line."""
    names = [*_TEXTS, *_SETTINGS, *_LISTS]
    for kind, title in _POINTS.items():
        for number in range(1, widths.get(kind, 0) + 1):
            names += [f"{title} {number} - {part}" for part in ("Label", "Preferred", "Value")]
    for number in range(1, widths.get("address", 0) + 1):
        parts = ("Label", "Preferred", "Formatted", *_ADDRESS.values())
        names += [f"Address {number} - {part}" for part in parts]
    for number in range(1, widths.get("date", 0) + 1):
        names += [f"Event {number} - Label", f"Event {number} - Value"]
    return _line(names)


def row(record: Mapping[str, Any], widths: Widths) -> str:
    """Return the line of a contact; `record` is a ContactRecord of schemas_file.py as JSON."""
    cells = [record[name] for name in _TEXTS.values()]
    cells += [_shown(record["settings"][name]) for name in _SETTINGS.values()]
    birthdays = [each for each in record["dates"] if each["kind"] == "birthday"]
    weddings = [each for each in record["dates"] if each["kind"] == "anniversary"]
    cells += [
        _listed(record["tags"]),
        _listed(record["groups"]),
        json.dumps(record["custom_fields"], ensure_ascii=False) if record["custom_fields"] else "",
        _day(birthdays[0]) if birthdays else "",
        _day(weddings[0]) if weddings else "",
    ]
    for kind in _POINTS:
        cells += _points(record, kind, widths.get(kind, 0))
    cells += _points(record, "address", widths.get("address", 0))
    others = [each for each in record["dates"] if each["kind"] == "other"]
    others += [*birthdays[1:], *weddings[1:]]
    for date in others[: widths.get("date", 0)]:
        label = date["label"] if date["kind"] == "other" else date["kind"].title()
        cells += [label or "", _day(date)]
    width = len(_TEXTS) + len(_SETTINGS) + len(_LISTS)
    return _line([*cells, *[""] * (_width(widths, width) - len(cells))])


def _points(record: Mapping[str, Any], kind: str, width: int) -> list[str]:
    cells: list[str] = []
    points = [point for point in record["points"] if point["kind"] == kind][:width]
    for point in points:
        cells += [point["label"] or "", "yes" if point["preferred"] else "no", point["value"]]
        if kind == "address":
            parts = point["components"] or {}
            cells += [parts.get(name) or "" for name in _ADDRESS]
    each = 3 + (len(ADDRESS_PARTS) if kind == "address" else 0)
    return cells + [""] * (width * each - len(cells))


def _width(widths: Widths, fixed: int) -> int:
    points = sum(widths.get(kind, 0) for kind in _POINTS)
    addresses = widths.get("address", 0) * (3 + len(_ADDRESS))
    return fixed + 3 * points + addresses + 2 * widths.get("date", 0)


def _listed(names: Sequence[str]) -> str:
    """A single name with a comma must not be taken for two."""
    text = SEPARATOR.join(names)
    return f"{text}{SEPARATOR.rstrip()}" if len(names) == 1 and set(text) & set(",;") else text


def _day(date: Mapping[str, Any]) -> str:
    year, month, day = date["year"], date["month"], date["day"]
    return f"--{month:02}-{day:02}" if year is None else f"{year:04}-{month:02}-{day:02}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _line(cells: Sequence[str | None]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([guard(cell or "") for cell in cells])
    return text.getvalue()
