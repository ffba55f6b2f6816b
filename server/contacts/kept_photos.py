"""Inline photos among the kept properties of a card; pure.

Source: RFC 6350, 6.2.4 (PHOTO); RFC 2397 (data URIs).
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.contacts.vcard.card import KeptProperty
from server.contacts.vcard.params import values_of

PHOTO = "PHOTO"
OUR_ID = "X-CATCHUP-ID"
"""The parameter by which we know a photo of our own export again."""

_DATA = re.compile(r"data:", re.IGNORECASE)
_IN_BASE64 = re.compile(r"data:[^,]{0,200};\s*base64\\?,", re.IGNORECASE)


def inline_photos(kept: Sequence[Any] | None) -> list[Any]:
    """Return those kept properties, as `kept_properties` has them, that hold a whole photo."""
    return [entry for entry in kept or () if entry[1].upper() == PHOTO and _DATA.match(entry[3])]


def content_of(photo: Sequence[Any]) -> bytes:
    """Return the file in an inline photo.

    Raises:
        ValueError: it is not written in base64.
    """
    head = _IN_BASE64.match(photo[3])
    if head is None:
        raise ValueError("not in base64")
    return binascii.a2b_base64(photo[3][head.end() :])


def our_id(photo: Sequence[Any]) -> UUID | None:
    """Return which photo of ours an export said that this is, None if it did not."""
    params = [(name, tuple(values)) for name, values in photo[2]]
    try:
        return UUID("".join(values_of(tuple(params), OUR_ID)))
    except ValueError:
        return None


def photo_property(photo_id: UUID, content: bytes) -> KeptProperty:
    """Return a stored photo as a property of an export."""
    value = f"data:image/jpeg;base64,{b64encode(content).decode()}"
    return KeptProperty("", PHOTO, ((OUR_ID, (str(photo_id),)),), value)
