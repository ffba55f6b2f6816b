"""Write vCard 4.0.

Source: RFC 6350, 3.2 (folding), 3.3 (grammar), 6 (properties); RFC 6868 (parameter values).
"""

import re
from itertools import count

from server.contacts.vcard.address import address_text, location_of, write_address
from server.contacts.vcard.card import (
    Address,
    Card,
    DateKind,
    ImportantDate,
    KeptProperty,
    Params,
    Point,
    PointKind,
)
from server.contacts.vcard.dates import write_apple_day, write_day
from server.contacts.vcard.fields import FIELDS, LOCATION_PROPERTY, still_says
from server.contacts.vcard.labels import service_of, write_label
from server.contacts.vcard.params import (
    LABEL_TYPES,
    can_be_type,
    label_of,
    values_of,
    without,
    write_params,
)
from server.contacts.vcard.values import escape, escape_uri, on_one_line

_LINE_OCTETS = 75
_CONTINUATION = 0b10_000000
"""The top two bits of every byte of a UTF-8 character but its first."""

_PROPERTIES = {
    PointKind.PHONE: "TEL",
    PointKind.EMAIL: "EMAIL",
    PointKind.ADDRESS: "ADR",
    PointKind.LINK: "URL",
    PointKind.SOCIAL: "X-SOCIALPROFILE",
}
_DAY_PROPERTIES = {DateKind.BIRTHDAY: "BDAY", DateKind.ANNIVERSARY: "ANNIVERSARY"}
_URIS = frozenset({"URL", "X-SOCIALPROFILE", "SOCIALPROFILE", "IMPP"})
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def write_card(card: Card) -> str:
    """Return `card` as vCard 4.0, CRLF behind every line, for UTF-8.

    Reading it gives an equal Card, if labels that are no vCard type have a group (they are
    written as Apple's X-ABLabel, which needs one: a new group is made for those without).
    """
    return _Writer(card).write()


class _Writer:
    """The lines of one card, and the groups that they use."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.lines = ["BEGIN:VCARD", "VERSION:4.0"]
        self.carriers: dict[str, KeptProperty] = {}
        for kept in card.kept:
            if kept.stands_for:
                self.carriers.setdefault(kept.stands_for, kept)
        self.labels: dict[str, str] = {}
        used = {point.group.lower() for point in card.points}
        used.update(kept.group.lower() for kept in card.kept)
        self.new_groups = (name for n in count(1) if (name := f"item{n}") not in used)

    def write(self) -> str:
        card = self.card
        for field in FIELDS:
            text = getattr(card, field.name)
            if text and (text != field.default or field.name in self.carriers):
                self.field(field.name, field.written_as, escape(text))
        if card.categories:
            self.field("categories", "CATEGORIES", ",".join(map(escape, card.categories)))
        if card.location != location_of(card.points):  # none, too, is said
            self.line("", LOCATION_PROPERTY, (), escape(card.location))
        for point in card.points:
            self.point(point)
        self.days()
        for kept in card.kept:
            if not kept.stands_for:
                self.line(kept.group, kept.name, kept.params, kept.value)
        self.lines.append("END:VCARD\r\n")
        return "\r\n".join(self.lines)

    def line(self, group: str, name: str, params: Params, raw: str) -> None:
        head = f"{group}.{name}" if group else name
        self.lines.append(_folded(f"{head}{write_params(params)}:{on_one_line(raw)}"))

    def field(self, name: str, written_as: str, raw: str) -> None:
        """Write a field: as it came while it says the same, else with the parameters it had."""
        carrier = self.carriers.get(name)
        if carrier is None:
            self.line("", written_as, (), raw)
        elif still_says(carrier, self.card):
            self.line(carrier.group, carrier.name, carrier.params, carrier.value)
        else:
            self.line(carrier.group, written_as, carrier.params, raw)

    def point(self, point: Point) -> None:
        name = point.written_as or _PROPERTIES[point.kind]
        params, group, own_label = self.labelled(point, name)
        if point.kind is PointKind.ADDRESS:
            components = point.components or Address(street=point.value)
            raw = write_address(components)
            if point.value != address_text(components):
                label = point.value.replace("\\", "\\\\")
                params = (*params, ("LABEL", (label,)))
        elif name == "SOCIALPROFILE" and not _URI.match(point.value):
            raw = escape(point.value)
            if not values_of(params, "VALUE"):
                params = (*params, ("VALUE", ("text",)))
        else:
            raw = escape_uri(point.value) if name in _URIS else escape(point.value)
        self.line(group, name, params, raw)
        self.label(group, own_label)

    def labelled(self, point: Point, name: str) -> tuple[Params, str, str]:
        """Return the parameters with the label's type, the group, and what X-ABLabel must say."""
        label, group, own_label = point.label, point.group, ""
        types = tuple(known for known in values_of(point.params, "TYPE") if known != label)
        if not label or (
            point.kind is PointKind.SOCIAL
            and not label_of(types)
            and label == service_of(point.written_as, point.value, point.params)
        ):
            types = values_of(point.params, "TYPE")
        elif label in LABEL_TYPES or (
            can_be_type(label) and (point.kind is PointKind.SOCIAL or not group)
        ):
            types = (label, *types)
        else:
            types, own_label = values_of(point.params, "TYPE"), label
            if not group or self.labels.get(group.lower(), label) != label:
                group = next(self.new_groups)
        params = without(point.params, "TYPE")
        if point.preferred and not values_of(params, "PREF"):
            params = (("PREF", ("1",)), *params)
        return ((("TYPE", types), *params) if types else params), group, own_label

    def label(self, group: str, own_label: str) -> None:
        """Write the X-ABLabel of a group, once."""
        if own_label and group.lower() not in self.labels:
            self.labels[group.lower()] = own_label
            self.line(group, "X-ABLabel", (), escape(write_label(own_label)))

    def days(self) -> None:
        """Write each date; BDAY and ANNIVERSARY may stand once, so others are Apple's X-ABDATE."""
        written: set[DateKind] = set()
        for date in sorted(self.card.dates, key=lambda date: list(DateKind).index(date.kind)):
            name = _DAY_PROPERTIES.get(date.kind)
            if name and date.kind not in written:
                written.add(date.kind)
                self.day(date, name)
            else:
                self.apple_day(date)

    def day(self, date: ImportantDate, name: str) -> None:
        carrier = self.carriers.get(date.kind)
        if carrier is not None and still_says(carrier, self.card):
            self.line(carrier.group, carrier.name, carrier.params, carrier.value)
        else:
            self.line("", name, (), write_day((date.year, date.month, date.day)))

    def apple_day(self, date: ImportantDate) -> None:
        label = date.label or ("" if date.kind is DateKind.OTHER else date.kind.capitalize())
        group = next(self.new_groups) if label else ""
        params, value = write_apple_day((date.year, date.month, date.day))
        self.line(group, "X-ABDATE", params, value)
        self.label(group, label)


def _folded(line: str) -> str:
    """Break a line after at most 75 octets, never within a character."""
    if len(line) <= _LINE_OCTETS and line.isascii():
        return line
    octets = line.encode(errors="replace")
    pieces, start, limit = [], 0, _LINE_OCTETS
    while len(octets) - start > limit:
        end = start + limit
        while octets[end] & 0b11_000000 == _CONTINUATION:
            end -= 1
        pieces.append(octets[start:end])
        start, limit = end, _LINE_OCTETS - 1
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces).decode()
