"""Property by property into a Card.

Source: RFC 6350, 6; RFC 2426, 3; vCard 2.1, 2.2 to 2.7; Apple's X-ABLabel and X-ABDATE;
RFC 9554 (SOCIALPROFILE).
"""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from server.contacts.vcard.address import address_text, read_address
from server.contacts.vcard.builder import CardBuilder
from server.contacts.vcard.card import DateKind, KeptProperty, PointKind
from server.contacts.vcard.dates import read_day, time_of, write_day
from server.contacts.vcard.fields import FIELDS, LOCATION_PROPERTY, Field, read_categories
from server.contacts.vcard.labels import SOCIAL_PROPERTIES
from server.contacts.vcard.limits import MAX_NAME_CHARS
from server.contacts.vcard.lines import without_nulls
from server.contacts.vcard.params import BASE64, Header, values_of, without
from server.contacts.vcard.points import FoundPoint
from server.contacts.vcard.upgrade import BadBase64, decode_text, is_binary
from server.contacts.vcard.values import escape, many_lines, one_line
from server.lib.clock import is_zone

_DAY_PARAMS = ("VALUE", "CALSCALE", "X-APPLE-OMIT-YEAR")
"""Say how a day is written, not which day it is."""

_Handler = Callable[[CardBuilder, int, Header, str], None]


def add_property(builder: CardBuilder, number: int, header: Header, value: str) -> None:
    """Take one property, read on line `number`, into `builder`."""
    if header.encoding == BASE64 and not is_binary(header):
        try:
            value = without_nulls(decode_text(header, value), number, builder.warn)
        except BadBase64:
            builder.warn_of(number, "bad_base64", header.name)
    builder.last_name = header.name
    handler = _HANDLERS.get(header.name)
    if handler is None:
        builder.keep(number, header, value)
    else:
        handler(builder, number, header, value)


def _read_field(field: Field) -> _Handler:
    def read(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
        builder.set_field(field, number, header, field.read(raw), raw)

    return read


def _note(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    builder.add_note(number, header, many_lines(raw), raw)


def _categories(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    builder.add_categories(header, read_categories(raw), raw)


def _zone(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    """Only an IANA name is a zone: `-05:00` does not know about summer."""
    name = one_line(raw)
    if is_zone(name):
        builder.set_field(_FIELD["zone"], number, header, name, raw)
    else:
        builder.keep(number, header, raw)


def _version(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    """Nothing to take: it was read before everything else, and what is written is 4.0."""


def _stray(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    """A part of something else: written back as it is, it would end the card for its reader."""
    builder.add_unread(number, f"{header.name}:{raw}")


def _name(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    builder.structured_name = builder.structured_name or raw
    builder.keep(number, header, raw)


def _phone(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    text = one_line(raw)
    if text[:4].lower() == "tel:":
        text = one_line(escape(_plain_number(text[4:])))
    builder.add_point(number, header, raw, FoundPoint(header, PointKind.PHONE, text))


def _plain_number(uri: str) -> str:
    """Return the number of a tel URI (RFC 3966), its extension as people write it."""
    subscriber, *params = unquote(uri.removeprefix("//")).split(";")
    parts = [subscriber.strip()]
    for param in params:
        name, _, value = param.partition("=")
        parts.append(f" ext. {value}" if name.lower() == "ext" else f";{param}")
    return "".join(parts)


def _email(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    text = one_line(raw)
    if text[:7].lower() == "mailto:":
        text = text[7:].lstrip()
    builder.add_point(number, header, raw, FoundPoint(header, PointKind.EMAIL, text))


def _link(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    builder.add_point(number, header, raw, FoundPoint(header, PointKind.LINK, one_line(raw)))


def _social(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    written_as = "" if header.name == "X-SOCIALPROFILE" else header.name
    point = FoundPoint(header, PointKind.SOCIAL, one_line(raw), written_as=written_as)
    builder.add_point(number, header, raw, point)


def _address(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    address = read_address(raw)
    label = many_lines(",".join(values_of(header.params, "LABEL"))).strip()
    known = _without_label(header) if label else header
    text = label or address_text(address)
    builder.add_point(number, header, raw, FoundPoint(known, PointKind.ADDRESS, text, address))


def _envelope(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    text = many_lines(raw).strip()
    if text and (problem := builder.points.add_envelope(_without_label(header), text)):
        builder.keep(number, header, raw, problem=problem)


def _without_label(header: Header) -> Header:
    """The label of an address is its value."""
    params, others = without(header.params, "LABEL"), without(header.others, "LABEL")
    return replace(header, params=params, others=others)


def _day(kind: DateKind) -> _Handler:
    def read(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
        day = read_day(raw, header.params)
        if day is None:
            if raw.strip():
                builder.keep(number, header, raw, problem="unreadable_date")
            return
        if not builder.has_room_for_days():
            builder.keep(number, header, raw, problem="too_many")
            return
        params = without(header.params, *_DAY_PARAMS)
        time = time_of(raw)
        value = write_day(day) + (f"T{time}" if time else "")
        plain = header.name in ("BDAY", "ANNIVERSARY")
        if not plain:
            params, value = header.params, raw
        given = KeptProperty(header.group, header.spelled, params, value)
        builder.add_day(kind, day, given, plain=plain and not (header.group or params or time))

    return read


def _apple_day(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    if builder.has_room_for_days():
        builder.add_apple_day(number, header, raw)
    else:
        builder.keep(number, header, raw, problem="too_many")


def _apple_label(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    builder.add_label(number, header, raw)


def _shown_as(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    """Apple's word for a card of an organisation."""
    builder.shown_as_company = one_line(raw).upper() == "COMPANY"
    builder.keep(number, header, raw)


def _location(builder: CardBuilder, number: int, header: Header, raw: str) -> None:
    text = one_line(raw)
    if len(text) > MAX_NAME_CHARS:
        builder.keep(number, header, raw, problem="too_long")
    else:
        builder.location = builder.location or text


_FIELD = {field.name: field for field in FIELDS}
_ANNIVERSARY = _day(DateKind.ANNIVERSARY)

_HANDLERS: dict[str, _Handler] = {
    **{field.written_as: _read_field(field) for field in FIELDS},
    "BEGIN": _stray,
    "END": _stray,
    **dict.fromkeys(SOCIAL_PROPERTIES, _social),
    "VERSION": _version,
    "X-ADDRESSBOOKSERVER-KIND": _read_field(_FIELD["kind"]),
    "NOTE": _note,
    "CATEGORIES": _categories,
    "TZ": _zone,
    "N": _name,
    "TEL": _phone,
    "EMAIL": _email,
    "URL": _link,
    "ADR": _address,
    "LABEL": _envelope,
    "BDAY": _day(DateKind.BIRTHDAY),
    "ANNIVERSARY": _ANNIVERSARY,
    "X-ANNIVERSARY": _ANNIVERSARY,
    "X-EVOLUTION-ANNIVERSARY": _ANNIVERSARY,
    "X-KADDRESSBOOK-X-ANNIVERSARY": _ANNIVERSARY,
    "X-MS-ANNIVERSARY": _ANNIVERSARY,
    "X-ABDATE": _apple_day,
    "X-ABLABEL": _apple_label,
    "X-ABSHOWAS": _shown_as,
    LOCATION_PROPERTY: _location,
}
