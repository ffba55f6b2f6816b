"""Rows as a person may read them: decrypted, as JSON or as a line of a table."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from server.account.columns import JSON_INSIDE
from server.contacts.csv_files.guard import guard
from server.db import Row
from server.keys.classes import ENCRYPTED
from server.keys.service import Box


def record(row: Row, table: str, columns: Sequence[str], box: Box) -> dict[str, Any]:
    """Return a row as JSON takes it, its encrypted columns opened.

    Raises:
        DecryptError: a value is damaged, or its key is missing.
    """
    return {column: _value(row, table, column, box) for column in columns}


def json_text(value: object) -> str:
    """Return JSON on one line, every script as itself."""
    return json.dumps(value, ensure_ascii=False)


def csv_line(cells: Sequence[object]) -> str:
    """Return one line of CSV; no cell of it is a formula to a spreadsheet."""
    sink = io.StringIO()
    csv.writer(sink).writerow([_cell(cell) for cell in cells])
    return sink.getvalue()


def _value(row: Row, table: str, column: str, box: Box) -> Any:
    value = row[column]
    if (table, column) in ENCRYPTED:
        text = box.open_if(table, column, row["id"], value)
        return json.loads(text) if text and (table, column) in JSON_INSIDE else text
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _cell(value: object) -> str:
    """Numbers and flags are themselves; only what people wrote can hold a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return guard(value if isinstance(value, str) else json_text(value))
