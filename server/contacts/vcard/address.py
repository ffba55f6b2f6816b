"""Addresses: the components of ADR, the line to show, the place that a card names.

Source: RFC 6350, 6.3.1; RFC 2426, 3.2.1; RFC 9554, 2 (further components).
"""

from collections.abc import Iterable

from server.contacts.vcard.card import Address, Point, PointKind
from server.contacts.vcard.limits import MAX_NAME_CHARS
from server.contacts.vcard.values import escape, many_lines, split_raw

_COMPONENTS = 7


def read_address(raw: str) -> Address:
    """Read the value of ADR. A value without any semicolon is no post box but a street."""
    parts = [many_lines(part) for part in split_raw(raw, ";")]
    if len(parts) == 1:
        return Address(street=parts[0])
    parts += [""] * (_COMPONENTS - len(parts))
    po_box, extended, street, locality, region, postal_code, country, *more = parts
    return Address(po_box, extended, street, locality, region, postal_code, country, _trimmed(more))


def write_address(address: Address) -> str:
    """Write the value of ADR."""
    return ";".join(escape(part) for part in (*parts_of(address), *address.more))


def address_text(address: Address) -> str:
    """Return the address in one line, in the order of its components; empty when it has none."""
    shown = (", ".join(part.split("\n")).strip() for part in parts_of(address))
    return ", ".join(part for part in shown if part)


def location_of(points: Iterable[Point]) -> str:
    """Return "city, country" of the best address: the preferred, else the home, else the first.

    Without a country it is the city alone; without an address that has a locality, nothing.
    """
    best: Address | None = None
    best_rank = 3
    for point in points:
        address = point.components
        if point.kind is not PointKind.ADDRESS or address is None or not address.locality.strip():
            continue
        rank = 0 if point.preferred else 1 if point.label == "home" else 2
        if rank < best_rank:
            best, best_rank = address, rank
    if best is None:
        return ""
    names = (" ".join(part.split()) for part in (best.locality, best.country))
    text = ", ".join(name for name in names if name)
    return text if len(text) <= MAX_NAME_CHARS else ""


def parts_of(address: Address) -> tuple[str, ...]:
    """Return the seven components in their order."""
    return (
        address.po_box,
        address.extended,
        address.street,
        address.locality,
        address.region,
        address.postal_code,
        address.country,
    )


def _trimmed(parts: list[str]) -> tuple[str, ...]:
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)
