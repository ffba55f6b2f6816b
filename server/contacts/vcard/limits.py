"""How much of a card becomes part of a contact; what is over a limit is kept as it came.

The same as in schemas.py: what was imported can be read, changed and sent back over the API.
"""

from server.contacts.vcard.card import PointKind

MAX_NAME_CHARS = 255
"""Longest name, nickname, organisation, title, location, UID and part of an address."""

MAX_LABEL_CHARS = 100
MAX_NOTES_CHARS = 50_000

MAX_POINT_CHARS = {
    PointKind.PHONE: 100,
    PointKind.EMAIL: 320,
    PointKind.ADDRESS: 1000,
    PointKind.LINK: 2000,
    PointKind.SOCIAL: 500,
}

MAX_ENTRIES = 50
"""Most points of one kind, and most dates."""
