"""What every reader of address books gives: an entry for each contact of the file, or a refusal."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from server.contacts.card_drafts import draft_of_card
from server.contacts.drafts import ContactDraft
from server.contacts.own_properties import with_own_properties
from server.contacts.vcard.card import BadCard, Card, CardWarning

_GROUP_CARD = "A distribution list is not a person; make a group of it instead."


@dataclass(frozen=True, slots=True)
class Entry:
    """One contact of a file: `position` counts entries from 1, `line` the lines of the file.

    `warnings` say what could not be used as meant and was kept aside. `archived_at` is the
    importing user's, for a contact that is new.
    `is_whole` says that the file has all that was kept aside, so that what is missing there goes.
    """

    position: int
    line: int
    draft: ContactDraft
    warnings: tuple[CardWarning, ...] = ()
    archived_at: datetime | None = field(default=None, kw_only=True)
    is_whole: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that gives no contact, and why; `name` is None when it could not be told."""

    position: int
    line: int
    name: str | None
    outcome: Literal["skipped", "failed"]
    code: str
    reason: str
    warnings: tuple[CardWarning, ...] = ()


Read = Entry | Refused


def entries_of_cards(cards: Iterable[Card | BadCard]) -> Iterator[Read]:
    """Yield what each card of a vCard file is."""
    for card in cards:
        if isinstance(card, BadCard):
            yield Refused(card.position, card.line, card.name, "failed", card.code, card.reason)
        elif card.kind == "group":
            yield Refused(
                card.position,
                card.line,
                card.name,
                "skipped",
                "group_card",
                _GROUP_CARD,
                card.warnings,
            )
        else:
            draft, bad = with_own_properties(draft_of_card(card), card.line)
            yield Entry(card.position, card.line, draft, (*card.warnings, *bad))
