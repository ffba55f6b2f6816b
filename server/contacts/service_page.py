"""A page of contacts as JSON: rows of `queries.list_contacts` to what `ContactPage` describes.

Models of each contact and its parts would cost more than the rest of the request (ADR 0018).
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from server.contacts.queries_page import PARTS
from server.contacts.service_replies import PLAIN, UTC_ZONE, photo_of
from server.db import Row
from server.lib import replies
from server.lib.cadence import (
    MAX_CADENCE_DAYS,
    NO_CADENCE,
    CadenceSource,
    resolve_cadence,
    spoken_word,
    wished_days,
)
from server.lib.clock import known_zone
from server.lib.due import due_on

_WORKED_OUT = ("photo", "cadence", "effective_cadence_days", "cadence_source", "due_on")
# msgspec encodes a struct of these fields in less than half the time of a dict.
_Item = msgspec.defstruct("_Item", [*PLAIN, *PARTS, *_WORKED_OUT], gc=False)
_FACTS = (
    "cadence", "cadence_days", "circle", "asked_days", "last_contacted_at", "created_at", "photo_id"
)  # fmt: skip
_Raw = msgspec.Raw


def encode(rows: Sequence[Row], next_cursor: str | None) -> bytes:
    """Return the page's JSON."""
    return replies.encode({"items": _items(rows), "next_cursor": next_cursor})


def _items(rows: Sequence[Row]) -> list[msgspec.Struct]:
    if not rows:
        return []
    zone = known_zone(rows[0]["home_zone"]) or UTC_ZONE
    pick_plain, pick_parts, pick_facts = _pickers(tuple(rows[0].keys()))
    items = []
    for row in rows:
        values = tuple(row.values())
        stored, own_days, circle, asked, last_at, added_at, photo_id = pick_facts(values)
        word, days, source = _cadence(stored, own_days, circle, asked)
        due = None if days is None else due_on(days, last_at, added_at, zone)
        photo = None if photo_id is None else photo_of(row)
        parts = map(_Raw, pick_parts(values))
        items.append(_Item(*pick_plain(values), *parts, photo, word, days, source, due))
    return items


@lru_cache(maxsize=16)
def _pickers(columns: tuple[str, ...]) -> tuple["itemgetter[Any]", ...]:
    """Return what takes fields out of a row's values: by place, which is faster than by name."""
    at = {name: place for place, name in enumerate(columns)}
    return tuple(itemgetter(*map(at.__getitem__, names)) for names in (PLAIN, PARTS, _FACTS))


@lru_cache(maxsize=1024)
def _cadence(
    stored: str | None, own_days: int | None, circle: str | None, asked: int | None
) -> tuple[str | None, int | None, CadenceSource]:
    """Return the word of the user's own cadence, the days that hold, and who said so.

    `asked` is the least that a group of the contact's asks for, beyond the longest if none may.
    """
    groups = () if asked is None else (("", asked if asked <= MAX_CADENCE_DAYS else NO_CADENCE),)
    cadence = resolve_cadence(wished_days(stored, own_days), circle, groups)
    return spoken_word(stored), cadence.days, cadence.source
