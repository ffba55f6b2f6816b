"""The properties that fill one plain field of a Card each, read and written by one table.

Source: RFC 6350, 6.1.4 (KIND), 6.2.1 (FN), 6.2.3 (NICKNAME), 6.5.1 (TZ), 6.6 (ORG, TITLE),
6.7 (CATEGORIES, NOTE, UID).
"""

from collections.abc import Callable
from dataclasses import dataclass

from server.contacts.vcard.card import Card, KeptProperty
from server.contacts.vcard.dates import read_day
from server.contacts.vcard.values import many_lines, one_line, split_raw, split_text

LOCATION_PROPERTY = "X-CATCHUP-LOCATION"
"""Carries a location that no address of the card says."""


def _kind(raw: str) -> str:
    return one_line(raw).lower()


def _nickname(raw: str) -> str:
    return ", ".join(name for name in split_text(raw, ",") if name)


def _organisation(raw: str) -> str:
    """The organisation; its departments follow in further components."""
    return next((name for name in split_text(raw, ";") if name), "")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a Card: its property and how the raw value is read.

    `parts` is the separator that makes a value more than its field can say, if there is one;
    `default` is what the field says when the property is absent.
    """

    name: str
    written_as: str
    read: Callable[[str], str]
    parts: str = ""
    default: str = ""


FIELDS = (
    Field("kind", "KIND", _kind, default="individual"),
    Field("uid", "UID", one_line),
    Field("name", "FN", one_line),
    Field("nickname", "NICKNAME", _nickname, parts=","),
    Field("organisation", "ORG", _organisation, parts=";"),
    Field("title", "TITLE", one_line),
    Field("notes", "NOTE", many_lines),
    Field("zone", "TZ", one_line),
)
"""In the order of writing."""

CARRIED = (*(field.name for field in FIELDS), "categories", "birthday", "anniversary")
"""What a kept property may stand for, in the order of Card.kept."""


def read_categories(raw: str) -> tuple[str, ...]:
    """Return the distinct names in a value of CATEGORIES."""
    return tuple(dict.fromkeys(name for name in split_text(raw, ",") if name))


def plain_is_enough(field: Field, raw: str) -> bool:
    """Say whether the field's text alone can give this raw value back."""
    if field.default:
        return field.read(raw) != field.default
    return not field.parts or len(split_raw(raw, field.parts)) == 1


def still_says(kept: KeptProperty, card: Card) -> bool:
    """Say whether the field that `kept` stands for is what it was when the card was read."""
    if kept.stands_for in ("birthday", "anniversary"):
        day = read_day(kept.value, kept.params)
        first = next((date for date in card.dates if date.kind == kept.stands_for), None)
        return first is not None and (first.year, first.month, first.day) == day
    if kept.stands_for == "categories":
        return read_categories(kept.value) == card.categories
    for field in FIELDS:
        if field.name == kept.stands_for:
            return bool(field.read(kept.value) == getattr(card, field.name))
    return False
