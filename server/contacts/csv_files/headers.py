"""What a column holds, by its header: the words of many programs, one table and a few patterns.

Source: exports of Google Contacts (old and new), Outlook, Outlook.com, Thunderbird, Apple's and
LinkedIn's lists, and our own.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from server.contacts.csv_files.fields import POINTS, SETTINGS, Column
from server.contacts.csv_files.guard import unguard
from server.contacts.csv_files.header_words import (
    ADDRESS_WORDS,
    PLACES,
    PLAIN,
    SERVICES,
)
from server.contacts.rules import ADDRESS_PARTS

CUSTOM = "custom_fields."
_GAPS = re.compile(r"[\W_]+")
_PLACE = "|".join(sorted(PLACES, key=len, reverse=True))
_NUMBERED = re.compile(r"(phone|email|website|im|event|relation|custom field|social) (\d+) (\w+)")
_NUMBERED_ADDRESS = re.compile(r"address (\d+) (\w[\w ]*)")
_ORGANISATION = re.compile(r"organi[sz]ation(?: (\d+))? (name|title|\w[\w ]*)")
_PHONE = re.compile(
    rf"(?:({_PLACE}) ?)?(phone|telephone|tel|telefon|mobile|cell|cellphone|fax|pager|handy)"
    r"(?: (?:phone|number|nr))?(?: (\d+))?"
)
_EMAIL = re.compile(
    rf"(?:({_PLACE}|secondary) )?email ?(\d+)?(?: (?:address|adresse))?(?: (\d+))?(?: (value))?"
)
_ADDRESS = re.compile(
    rf"({_PLACE})(?: address)? ({'|'.join(sorted(ADDRESS_WORDS, key=len, reverse=True))})(?: (\d))?"
)
_WEBSITE = re.compile(r"(?:(\w+) )?(?:web page|website|webpage|homepage|url)(?: (\d+))?")
# Apple's lists and their exporters write the label last: `Phone (mobile)`, `Email : home`.
_LABEL_LAST = re.compile(
    rf"(phone|email|url) ({_PLACE}|mobile|iphone|cell|fax|pager)((?: fax)?)(?: (\d+))?"
)
_ADDRESS_LABEL_LAST = re.compile(
    rf"(address|{'|'.join(sorted(ADDRESS_WORDS, key=len, reverse=True))}) ({_PLACE})"
)
_DEVICES = {"mobile": "mobile", "iphone": "mobile", "cell": "cell", "fax": "fax", "pager": "pager"}
_GOOGLE_PARTS = {"type": "label", "label": "label", "preferred": "preferred", "value": "value"}
_NUMBERED_FIELDS = {
    "phone": "phone",
    "email": "email",
    "website": "link",
    "im": "social",
    "social": "social",
    "event": "date",
    "relation": "extra",
    "custom field": "extra",
}


def folded(header: str) -> str:
    """Return a header as it is looked up: no case, accents, punctuation; `E-mail` is `email`."""
    text = unicodedata.normalize("NFKD", unguard(header)).casefold()
    text = "".join(char for char in text if not unicodedata.combining(char))
    return _GAPS.sub(" ", text).strip().replace("e mail", "email")


def known_column(header: str) -> Column | None:
    """Return what a column of this header holds, None when nobody knows."""
    word = folded(header)
    if word in PLAIN:
        field, part, slot, label = PLAIN[word]
        return Column(header, field, part, slot or (word if field in POINTS else ""), label)
    if word in SERVICES:
        return Column(header, "social", slot=word, label=word.removesuffix(" handle"))
    return _numbered(header, word) or _point(header, word) or _address(header, word)


def mapped_column(header: str, wish: str) -> Column:
    """Return what a column holds as a mapping says it (`phone:boat`, `custom_fields.Shoe`)."""
    if wish.startswith(CUSTOM):
        return Column(wish.removeprefix(CUSTOM) or header, "custom")
    field, _, label = wish.partition(":")
    if field in ADDRESS_PARTS:
        return Column(header, "address", field, f"mapped {label}", label)
    if field == "address":
        return Column(header, "address", "value", f"mapped {header}", label)
    if field == "zone" or field in SETTINGS:
        return Column(header, field)
    slot = header if field in POINTS or field == "date" else ""
    return Column(header, field, slot=f"mapped {slot}" if slot else "", label=label)


def columns_of(headers: list[str], mapping: Mapping[str, str]) -> list[Column]:
    """Return every column; one that nobody knows becomes a custom field of its header."""
    wishes = {folded(name): wish for name, wish in mapping.items()}
    found = []
    for number, header in enumerate(headers, 1):
        name = unguard(header).strip() or f"Column {number}"
        wish = mapping.get(header) or wishes.get(folded(header)) or mapping.get(str(number))
        found.append(
            mapped_column(name, wish)
            if wish
            else known_column(name) or Column(name, "custom", slot=str(number))
        )
    return _apart(_with_job_title(found))


def _apart(columns: list[Column]) -> list[Column]:
    """Two columns of one header are two phones, or a field and more of it."""
    seen: set[tuple[str, str, str]] = set()
    found = []
    for number, column in enumerate(columns, 1):
        place = (column.field, column.part, column.slot)
        if place in seen and column.field in (*POINTS, "address", "date"):
            column = replace(column, slot=f"{column.slot} {number}")
        seen.add(place)
        found.append(column)
    return found


def _with_job_title(columns: list[Column]) -> list[Column]:
    """`Title` beside `Job Title` is how someone is addressed: Outlook's."""
    if not any(folded(column.header) == "job title" for column in columns):
        return columns
    return [
        Column(column.header, "prefix") if folded(column.header) == "title" else column
        for column in columns
    ]


def _numbered(header: str, word: str) -> Column | None:
    if found := _NUMBERED.fullmatch(word):
        kind, number, part = found.groups()
        field = _NUMBERED_FIELDS[kind]
        if part == "service" and kind == "im":
            return Column(header, field, "service", f"{kind} {number}")
        if part in _GOOGLE_PARTS:
            return Column(header, field, _GOOGLE_PARTS[part], f"{kind} {number}")
    if found := _NUMBERED_ADDRESS.fullmatch(word):
        number, part = found.groups()
        if part in ADDRESS_WORDS or part in _GOOGLE_PARTS:
            wanted = ADDRESS_WORDS.get(part) or _GOOGLE_PARTS[part]
            return Column(header, "address", wanted, f"address {number}")
    if found := _ORGANISATION.fullmatch(word):
        number, part = found.groups()
        if part in ("name", "title") and number in (None, "1"):
            return Column(header, "organisation" if part == "name" else "title")
        if part == "type":
            return Column(header, "ignore")
    return None


def _point(header: str, word: str) -> Column | None:
    if swapped := _LABEL_LAST.fullmatch(word):
        return _label_last(header, *swapped.groups(default=""))
    if found := _PHONE.fullmatch(word):
        place, device, _ = found.groups()
        label = PLACES.get(place or "", "")
        if device in ("mobile", "cell", "cellphone", "handy"):
            label = f"{label} cell".strip() if label not in ("", "main") else "cell"
        elif device in ("fax", "pager"):
            label = f"{label} {device}".strip()
        return Column(header, "phone", slot=word, label=label)
    if found := _EMAIL.fullmatch(word):
        return Column(header, "email", slot=word, label=PLACES.get(found[1] or "", ""))
    if found := _WEBSITE.fullmatch(word):
        place = found[1] or ""
        if not place or place in PLACES:
            return Column(header, "link", slot=word, label=PLACES.get(place, ""))
        if place in SERVICES:
            return Column(header, "social", slot=word, label=place)
    return None


def _label_last(header: str, kind: str, label: str, fax: str, number: str) -> Column | None:
    device = _DEVICES.get(label, kind)
    place = "" if label in _DEVICES else label
    return _point(header, " ".join(filter(None, (place, fax.strip() or device, number))))


def _address(header: str, word: str) -> Column | None:
    if found := _ADDRESS_LABEL_LAST.fullmatch(word):
        return _address(header, f"{found[2]} {found[1]}")
    if found := _ADDRESS.fullmatch(word):
        place, part, line = found.groups()
        part = ADDRESS_WORDS[part]
        if line and part not in ("street", "extended"):
            return None
        return Column(
            header, "address", f"{part}{line or ''}", f"{place} address", PLACES.get(place, "")
        )
    if found := re.fullmatch(rf"({_PLACE}) address(?: (\d))?", word):
        place, line = found.groups()
        return Column(
            header, "address", f"street{line or ''}", f"{place} address", PLACES.get(place, "")
        )
    return None
