"""Opaque list cursors: the sort values of a page's last row, as URL-safe text."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

MAX_LENGTH = 2048
_INT_LIMIT = 2**63  # PostgreSQL bigint


def encode(values: tuple[str | int | datetime | UUID | None, ...]) -> str:
    """Return `values` as base64url of compact JSON, without padding; datetimes are aware.

    Raises:
        ValueError: the text would be longer than `MAX_LENGTH`.
    """
    body = json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=_as_text).encode()
    text = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
    if len(text) > MAX_LENGTH:
        raise ValueError("cursor is too long")
    return text


def decode(text: str, types: Sequence[type]) -> tuple[Any, ...]:
    """Return the values that `encode` was given; each is of its type in `types`, or None.

    Raises:
        ValueError: too long, or not what `encode` makes of values of these types.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("cursor is too long")
    try:
        values = _parse(text, types)
        # One spelling only: anything else was not made by `encode`.
        is_ours = encode(values) == text
    except (ValueError, RecursionError, OverflowError):  # brackets by the thousand; year 0
        is_ours = False
    if not is_ours:
        raise ValueError("cursor is malformed or of another list")
    return values


def _parse(text: str, types: Sequence[type]) -> tuple[Any, ...]:
    body = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    plain = json.loads(body.decode())
    if not isinstance(plain, list) or len(plain) != len(types):
        raise ValueError("not a list of that length")
    return tuple(_read(value, kind) for value, kind in zip(plain, types, strict=True))


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _read(value: object, kind: type) -> str | int | datetime | UUID | None:
    if value is None:
        return None
    if kind is int and type(value) is int and -_INT_LIMIT <= value < _INT_LIMIT:
        return value
    if isinstance(value, str):
        if kind is str and "\0" not in value:
            return value
        if kind is UUID:
            return UUID(value)
        if kind is datetime and (moment := datetime.fromisoformat(value)).tzinfo is not None:
            moment.astimezone(UTC)  # refuses what the database cannot turn into UTC either
            return moment
    raise ValueError("not a value of that type")
