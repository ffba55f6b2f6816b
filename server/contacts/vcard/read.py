"""Read vCard 2.1, 3.0 and 4.0 files, however they were made.

Source: RFC 6350 (4.0), RFC 2426 (3.0), the vCard 2.1 specification of 1996.
"""

import hashlib
from collections.abc import Iterator

from server.contacts.vcard.builder import CardBuilder
from server.contacts.vcard.card import OUTSIDE_CARD, BadCard, Card
from server.contacts.vcard.lines import content_lines, version_of
from server.contacts.vcard.properties import add_property
from server.contacts.vcard.stream import Block, Source, card_blocks

MAX_PROPERTIES = 10_000
"""Most properties of one card; the busiest real ones have a few hundred."""

_REASONS = {
    "missing_end": "The card has no END:VCARD.",
    "card_too_large": "The card is over 8 MiB.",
    "too_many_properties": f"The card has over {MAX_PROPERTIES} properties.",
    OUTSIDE_CARD: "This text is outside of any card (between BEGIN:VCARD and END:VCARD).",
}


def read_cards(source: Source) -> Iterator[Card | BadCard]:
    """Yield every card of `source` (bytes, chunks of bytes or a binary file), in order.

    What gives no contact comes as a BadCard and never stops the cards behind it; a property
    that cannot be read is kept, with a warning on its card. Nothing is raised for any content;
    errors of `source` itself pass through. Memory does not grow with the number of cards.
    """
    for position, block in enumerate(card_blocks(source), 1):
        if block.inside:
            yield _read_card(position, block)
        else:
            reason = _REASONS[block.problem]
            yield BadCard(position, block.line, None, block.problem, reason)


def _read_card(position: int, block: Block) -> Card | BadCard:
    builder = CardBuilder(old=version_of(block.lines) == "2.1")
    problem = block.problem
    lines = content_lines(block.lines, block.line + 1, old=builder.old, warn=builder.warn)
    for count, (number, header, value) in enumerate(lines):
        if count >= MAX_PROPERTIES:
            problem = problem or "too_many_properties"
            break
        if header is None:
            builder.add_unread(number, value)
        else:
            add_property(builder, number, header, value)
    if problem:
        return BadCard(position, block.line, builder.known_name(), problem, _REASONS[problem])
    return builder.build(position, block.line, hashlib.sha256(b"\n".join(block.lines)).digest())
