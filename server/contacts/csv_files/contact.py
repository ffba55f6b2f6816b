"""A contact as a row of a CSV file says it."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.contacts.vcard.card import Card


@dataclass(frozen=True, slots=True)
class CsvContact:
    """A row as a card, with what a card cannot say: custom fields, groups, our own settings.

    `settings` and `custom_json` are as our export writes them, not checked yet.
    """

    card: Card
    custom_fields: Mapping[str, str]
    groups: tuple[str, ...]
    settings: Mapping[str, str]
    custom_json: str = ""
