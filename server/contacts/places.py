"""Where a page of a list of contacts starts: after whom, and in which part of a search."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.lib import cursors

_NEARLY = 1


@dataclass(frozen=True, slots=True)
class Place:
    """The page comes after (name_key, id), None for the first.

    `nearly` says that those who have the words of a search as typed have all been shown.
    """

    after: tuple[Any, ...] | None
    nearly: bool = False


def write_place(name_key: str, contact_id: UUID, *, nearly: bool) -> str:
    """Return the cursor of the page after this contact."""
    return cursors.encode((name_key, contact_id, *((_NEARLY,) if nearly else ())))


def read_place(cursor: str) -> Place:
    """Read what `write_place` wrote.

    Raises:
        ValueError: it is not one of ours.
    """
    try:
        return Place(cursors.decode(cursor, (str, UUID)))
    except ValueError:
        name_key, contact_id, part = cursors.decode(cursor, (str, UUID, int))
        if part != _NEARLY or None in (name_key, contact_id):
            raise ValueError("cursor is malformed or of another list") from None
        return Place((name_key, contact_id), nearly=True)
