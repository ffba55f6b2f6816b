"""vCards for the tests, in the words of the tests: the lines between BEGIN and END."""

from server.contacts.vcard.card import BadCard, Card
from server.contacts.vcard.read import read_cards


def vcard(*lines: str, version: str = "3.0", name: str = "Ada Lovelace") -> bytes:
    """Return one card with CRLF line ends; `name` empty leaves FN out."""
    head = ["BEGIN:VCARD", f"VERSION:{version}", *([f"FN:{name}"] if name else [])]
    return "\r\n".join([*head, *lines, "END:VCARD", ""]).encode()


def read_one(content: bytes) -> Card:
    """Read a file that holds exactly one good card."""
    (card,) = read_cards(content)
    assert isinstance(card, Card), card
    return card


def read_bad(content: bytes) -> BadCard:
    """Read a file that holds exactly one entry, a bad one."""
    (entry,) = read_cards(content)
    assert isinstance(entry, BadCard), entry
    return entry


def card_of(*lines: str, version: str = "3.0", name: str = "Ada Lovelace") -> Card:
    """Read one card of these lines."""
    return read_one(vcard(*lines, version=version, name=name))


def codes(card: Card) -> list[str]:
    """Return the codes of a card's warnings, in order."""
    return [warning.code for warning in card.warnings]
