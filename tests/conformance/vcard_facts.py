"""Facts about one card, compared with what the API says of its contact and exports of it.

A fact has a `kind` (FormattedName, email, X-ICQ, …) and `items`: for each property of that kind
what a careful reader finds in it (`value`, `values`, `text`, `types`, `date`, parts of a name or
an address, …). A value that is no text, number or list of these cannot be compared.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from tests.conformance.vcard_lines import Line, plain, split, unescape
from tests.conformance.vcard_values import (
    bare,
    numbers,
    params,
    same_day,
    spaced,
    texts,
    written_day,
    zone_text,
)

Fact = dict[str, Any]

NAMES = {
    "formattedname": "FN",
    "structuredname": "N",
    "telephone": "TEL",
    "address": "ADR",
    "organization": "ORG",
    "birthday": "BDAY",
    "revision": "REV",
    "geo": "GEO",
    "timezone": "TZ",
    "productid": "PRODID",
    "productidentifier": "PRODID",
    "freebusyurl": "FBURL",
    "calendaruri": "CALURI",
    "calendarrequesturi": "CALADRURI",
    "classification": "CLASS",
    "language": "LANG",
    "sortstring": "SORT-STRING",
    "sourcedisplaytext": "NAME",
    "agent": "RELATED",
    "orgdirectory": "ORG-DIRECTORY",
    "orphanedlabel": "LABEL",
}
_NAME_PARTS = ("family", "given", "additional", "prefixes", "suffixes")
_ADDRESS_PARTS = {
    "poBox": "po_box",
    "extendedAddress": "extended",
    "streetAddress": "street",
    "locality": "locality",
    "region": "region",
    "postalCode": "postal_code",
    "country": "country",
}
_ANNIVERSARIES = re.compile(r"(X-.*)?ANNIVERSARY")
_DATA = re.compile(r"data:([^;,]*)[^,]*;base64,(.*)")
# How the value was coded in the source file; an export codes it in its own way.
_CODING = {"ENCODING", "CHARSET", "VALUE"}
_MEDIA = {"jpg": "jpeg", "wave": "wav", "x509": "pkix-cert", "pgp": "pgp-keys"}
_BINARY = {"PHOTO", "LOGO", "SOUND", "KEY"}


def disagreements(facts: list[Fact], contact: dict[str, Any], exported: list[Line]) -> list[str]:
    """Return a sentence for every fact that neither the contact nor its export bears out."""
    problems = []
    for fact in facts:
        name = property_of(str(fact.get("kind", "")))
        check = _CHECKS.get(name, _by_value)
        if _ANNIVERSARIES.fullmatch(name):
            check = _day
        left = list(exported)
        for item in fact.get("items", ()):
            if not isinstance(item, dict) or not item:
                continue
            if not check(name, item, contact, left):
                problems.append(f"{name}: {_shown(item)} is not there")
    return problems


def property_of(kind: str) -> str:
    """Return the vCard property of a kind of fact; of an unknown one its own name."""
    kind = kind.lower()
    return NAMES.get(kind) or NAMES.get(kind.removesuffix("s")) or kind.upper()


def _by_value(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """Compare with the exported properties of that name; each stands for one item only."""
    for line in left:
        if line.name == name and _says(line, item) and _hasparams(line, item):
            left.remove(line)
            return True
    return False


def _says(line: Line, item: Fact) -> bool:
    for key in ("value", "text", "values", "uri", "url", "date"):
        wanted = texts(item.get(key))
        if key not in item or wanted is None:
            continue
        if key == "date":
            if not same_day(line.value, wanted[0]):
                return False
        elif key == "values":
            if [part for part in line.parts(",;") if part] != [each for each in wanted if each]:
                return False
        elif not wanted or bare(wanted[0]) not in _readings(line):
            return False
    return _same_data(line, item)


def _readings(line: Line) -> set[str]:
    """Return what a reader may find in a value: its text, or of a raw property all of it."""
    return {bare(line.text()), bare(plain(line.value))}


def _same_data(line: Line, item: Fact) -> bool:
    found = _DATA.fullmatch(line.value)
    kind, length = item.get("contentType"), item.get("dataLength")
    if isinstance(kind, str):
        written = _MEDIA.get(kind.lower(), kind.lower())
        if found is None or written not in found[1].lower():
            return False
    if not isinstance(length, int):
        return True
    try:
        return found is not None and len(base64.b64decode(found[2], validate=True)) == length
    except binascii.Error:
        return False


def _hasparams(line: Line, item: Fact) -> bool:
    said = {*line.params.get("TYPE", ()), *(("pref",) if "PREF" in line.params else ())}
    if not {each.lower() for each in texts(item.get("types")) or ()} <= said:
        return False
    for name, value in params(item.get("param")):
        known = name == "TYPE" and line.name in _BINARY
        if name not in _CODING and not known:
            there = said if name == "TYPE" else line.params.get(name, ())
            if value.lower() not in there:
                return False
    return True


def _name(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """The export has the five components; nothing else of the product says them."""
    line = next((line for line in left if line.name == "N"), None)
    if line is None:
        return not any(item.values())
    ours = [split(part, ",") for part in split(line.value, ";")]
    ours += [[""]] * (len(_NAME_PARTS) - len(ours))
    for at, part in enumerate(_NAME_PARTS):
        wanted = texts(item.get(part, ""))
        found = [plain(unescape(word)) for word in ours[at]]
        if wanted is not None and [w for w in wanted if w] != [w for w in found if w]:
            return False
    return True


def _field(field: str) -> Callable[[str, Fact, dict[str, Any], list[Line]], bool]:
    """The contact's field says the first of them; the export has all."""

    def check(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
        first = not any(line.name == name for line in left) or contact[field] is None
        return not first and _by_value(name, item, contact, left)

    return check


def _point(field: str) -> Callable[[str, Fact, dict[str, Any], list[Line]], bool]:
    """The contact has the value, and the export its types."""

    def check(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
        wanted = texts(item.get("value", item.get("text", item.get("uri", ""))))
        ours = {bare(plain(point["value"])) for point in contact[field]}
        there = not wanted or bare(wanted[0]) in ours
        # What is no e-mail address is none of the contact's, but in the export all the same.
        there = there or (field == "emails" and "@" not in (wanted or ("",))[0])
        return there and _by_value(name, item, contact, left)

    return check


def _address(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    for point in contact["addresses"]:
        parts = all(
            (wanted := texts(item.get(said, ""))) is None
            or spaced(plain(point[part] or "")) == spaced(", ".join(wanted))
            for said, part in _ADDRESS_PARTS.items()
        )
        label = texts(item.get("label", ""))
        if parts and (not label or not label[0] or plain(point["value"]) == label[0]):
            return any(line.name == "ADR" and _hasparams(line, item) for line in left)
    return False


def _note(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """Several notes become one, or stand in the export."""
    wanted = texts(item.get("value"))
    there = not wanted or wanted[0] in plain(contact["notes"] or "")
    return there or _by_value(name, item, contact, left)


def _categories(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """Several lists become one, in any order."""
    wanted = texts(item.get("values", item.get("value", "")))
    there = {part for line in left if line.name == name for part in line.parts(",")}
    return {each for each in wanted or () if each} <= there


def _place(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """A position is the same however its numbers are written."""
    wanted = [number for key, value in item.items() if key != "param" for number in numbers(value)]
    found = [numbers(line.value) for line in left if line.name == name]
    return not wanted or sorted(wanted) in [sorted(each) for each in found]


def _instant(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """The month is the same in every zone that a reader may tell the time in, but at its ends."""
    wanted = texts(item.get("value", item.get("date")))
    months = {re.sub(r"\D", "", line.value)[:6] for line in left if line.name == name}
    return not wanted or re.sub(r"\D", "", wanted[0])[:6] in months


def _offset(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """A zone is a name, or an offset: `-0500` and `-05:00` are the same."""
    wanted = texts([each for key, each in item.items() if key not in ("param", "group")])
    there = [zone_text(line.text()) for line in left if line.name == name]
    there.append(zone_text(contact["zone"] or ""))
    return not wanted or any(zone_text(each) in there for each in wanted)


def _label(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """A LABEL of 2.1 or 3.0 is what an address shows."""
    wanted = texts(item.get("value", ""))
    return wanted is None or any(plain(p["value"]) == wanted[0] for p in contact["addresses"])


def _day(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    wanted = texts(item.get("date", item.get("value", item.get("text"))))
    if wanted is None:
        return True
    known = any(same_day(written_day(date), wanted[0]) for date in contact["dates"])
    names = {"ANNIVERSARY"} if _ANNIVERSARIES.fullmatch(name) else {name}
    return known or any(line.name in {*names, name} and line.text() == wanted[0] for line in left)


def _apple_label(name: str, item: Fact, contact: dict[str, Any], left: list[Line]) -> bool:
    """A label belongs to a point or a date, or stands in the export beside what it labels."""
    wanted = texts(item.get("value"))
    if wanted is None or _by_value(name, item, contact, list(left)):
        return True
    word = re.sub(r"^_\$!<(.*)>!\$_$", r"\1", wanted[0]).lower()
    labels = {
        (entry["label"] or "").lower()
        for field in ("phones", "emails", "addresses", "links", "socials", "dates")
        for entry in contact[field]
    }
    return word in labels | {date["kind"] for date in contact["dates"]}


def _shown(item: Fact) -> str:
    text = str({key: value for key, value in item.items() if key != "group"})
    return text if len(text) <= 160 else f"{text[:160]}…"


_CHECKS: dict[str, Callable[[str, Fact, dict[str, Any], list[Line]], bool]] = {
    "FN": _field("name"),
    "N": _name,
    "NICKNAME": _field("nickname"),
    "ORG": _field("organisation"),
    "TITLE": _field("title"),
    "NOTE": _note,
    "CATEGORIES": _categories,
    "GEO": _place,
    "REV": _instant,
    "TZ": _offset,
    "TEL": _point("phones"),
    "EMAIL": _point("emails"),
    "URL": _point("links"),
    "ADR": _address,
    "LABEL": _label,
    "BDAY": _day,
    "X-ABDATE": _day,
    "X-ABLABEL": _apple_label,
}
