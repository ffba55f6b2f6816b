"""What stands before the colon of a content line: group, name, parameters.

Parameters are read into the terms of 4.0 whatever the version: `TEL;HOME;VOICE` has the types
home and voice, the type `pref` is PREF=1.

Source: RFC 6350, 3.3 and 5; RFC 6868; vCard 2.1, 2.1.3 and 2.1.4 (bare parameters).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from server.contacts.vcard.card import Params
from server.contacts.vcard.limits import MAX_LABEL_CHARS
from server.contacts.vcard.values import line_feeds

QUOTED_PRINTABLE = "quoted-printable"
BASE64 = "base64"

_PLACES = {"home", "work", "school", "other", "main"}
LABEL_TYPES = _PLACES | {"cell", "mobile", "iphone", "car", "fax", "pager", "assistant"}
"""Types that every program shows as a label."""

_MEANS = {"pref", "voice", "msg", "video", "text", "textphone", "bbs", "modem", "isdn", "pcs"}
_DELIVERY = {"postal", "parcel", "dom", "intl", "internet", "x400"}
_NETWORKS = {"aol", "applelink", "attmail", "cis", "eworld", "ibmmail", "mcimail", "prodigy", "tlx"}
_SILENT_TYPES = _MEANS | _DELIVERY | _NETWORKS
"""Types that say how something is reached or delivered: never a label."""

_TOKEN = re.compile(r"[a-z0-9-]+")
_NAME = re.compile(r"[A-Za-z0-9][\w/-]*", re.ASCII)  # KDE: X-messaging/aim-All
_GROUP = re.compile(r"[\w.-]*", re.ASCII)
_UNFIT = re.compile(r"[^\w-]+", re.ASCII)
_SEPARATORS = {separator: re.compile(rf'"[^"]*"|{separator}') for separator in ",;"}
_CARET = re.compile(r"\^([n'^])")
_CARETS = {"n": "\n", "'": '"', "^": "^"}
_CARET_ESCAPES = str.maketrans({"^": "^^", "\n": "^n", '"': "^'"})

_ENCODINGS = {
    "QUOTED-PRINTABLE": QUOTED_PRINTABLE,
    "BASE64": BASE64,
    "B": BASE64,
    "7BIT": "",
    "8BIT": "",
}
_BARE_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "7BIT", "8BIT"})
_BARE_VALUES = {"URL": "uri", "URI": "uri", "INLINE": "inline", "CID": "cid", "CONTENT-ID": "cid"}
_VALUE_TYPES = frozenset({"text", "uri", "url", "phone-number"})

_CACHED_HEADERS = 2048
_CACHED_HEADER_CHARS = 100
"""A file repeats a few short headers ten thousand times; long ones carry someone's label."""


@dataclass(frozen=True, slots=True)
class Header:
    """The part before the colon. `name` is upper case; ENCODING and CHARSET are taken out.

    `spelled` is the name as it is written back: X- names as they came, since some programs look
    for their own spelling.
    `label` is the first type that says where or what, `preferred` whether PREF is 1, `others`
    the parameters without these two and without the value type. `bare` says that there is
    nothing to remember but the name.
    """

    group: str
    name: str
    spelled: str
    params: Params
    encoding: str
    charset: str
    label: str
    preferred: bool
    others: Params
    bare: bool


def read_header(head: str) -> Header | None:
    """Read what stands before the colon; None when it cannot be a property."""
    if len(head) > _CACHED_HEADER_CHARS:
        return _read_header(head)
    return _cached_header(head)


def write_params(params: Params) -> str:
    """Write parameters as they stand behind a name, with RFC 6868 for quotes and line breaks."""
    return "".join(
        f";{name}={','.join(_write_value(value) for value in values)}" for name, values in params
    )


def label_of(types: tuple[str, ...]) -> str:
    """Return the first of `types` that works as a label, or an empty text."""
    for name in types:
        if name not in _SILENT_TYPES and len(name) <= MAX_LABEL_CHARS and _TOKEN.fullmatch(name):
            return name
    return ""


def can_be_type(label: str) -> bool:
    """Say whether `label` written as a TYPE is read back as the label."""
    return label_of((label,)) == label


def values_of(params: Params, name: str) -> tuple[str, ...]:
    """Return the values of the parameter `name`, none when it is absent."""
    for known, values in params:
        if known == name:
            return values
    return ()


def without(params: Params, *names: str) -> Params:
    """Return `params` without those called one of `names`."""
    return tuple(param for param in params if param[0] not in names)


def for_point(params: Params, *, label: str = "") -> Params:
    """Return what a Point keeps of `params`: not its label, nor PREF=1, nor a value type."""
    kept: list[tuple[str, tuple[str, ...]]] = []
    for name, values in params:
        rest = values
        if name == "TYPE":
            rest = tuple(value for value in values if value != label)
        elif (name == "PREF" and values == ("1",)) or (
            name == "VALUE" and values[0].lower() in _VALUE_TYPES
        ):
            continue
        if rest:
            kept.append((name, rest))
    return tuple(kept)


def _read_header(head: str) -> Header | None:
    parts = _split(head, ";")
    group, _, name = parts[0].strip().rpartition(".")
    if not _NAME.fullmatch(name) or not _GROUP.fullmatch(group):
        return None
    found: dict[str, list[str]] = {}
    for part in parts[1:]:
        _read_param(part, found)
    params = _ordered(found)
    label = label_of(values_of(params, "TYPE"))
    preferred = values_of(params, "PREF") == ("1",)
    others = for_point(params, label=label)
    return Header(
        group=group,
        name=name.upper(),
        spelled=name if name[:2] in ("X-", "x-") else name.upper(),
        params=params,
        encoding=_ENCODINGS[found["ENCODING"][0].upper()] if _encoded(found) else "",
        charset=found.get("CHARSET", [""])[0].strip().lower(),
        label=label,
        preferred=preferred,
        others=others,
        bare=not (group or label or preferred or others),
    )


_cached_header = lru_cache(maxsize=_CACHED_HEADERS)(_read_header)


def _read_param(part: str, found: dict[str, list[str]]) -> None:
    name, equals, text = part.partition("=")
    name = name.strip().upper()
    if equals:
        values = [_read_value(item) for item in _split(text, ",")]
    elif name in _BARE_ENCODINGS:
        name, values = "ENCODING", [name]
    elif name in _BARE_VALUES:
        name, values = "VALUE", [_BARE_VALUES[name]]
    else:
        name, values = "TYPE", [name]
    if name == "TYPE":
        # RFC 6350 itself writes TYPE="voice,home".
        values = [item.strip().lower() for value in values for item in value.split(",")]
    elif name == "VALUE":
        values = [_BARE_VALUES.get(value.upper(), value) for value in values]
    if not _NAME.fullmatch(name):
        name = "X-" + _UNFIT.sub("-", name)
    found.setdefault(name, []).extend(values)


def _split(text: str, separator: str) -> list[str]:
    """Split at every `separator` outside of quotes; a quote that never closes is a letter."""
    if '"' not in text:
        return text.split(separator)
    parts, start = [], 0
    for found in _SEPARATORS[separator].finditer(text):
        if found[0] == separator:
            parts.append(text[start : found.start()])
            start = found.end()
    parts.append(text[start:])
    return parts


def _read_value(item: str) -> str:
    item = item.replace('"', "")
    return _CARET.sub(lambda found: _CARETS[found[1]], item) if "^" in item else item


def _write_value(value: str) -> str:
    text = line_feeds(value).translate(_CARET_ESCAPES)
    return f'"{text}"' if any(char in text for char in ",;:") else text


def _encoded(found: dict[str, list[str]]) -> bool:
    return found.get("ENCODING", [""])[0].upper() in _ENCODINGS


def _ordered(found: dict[str, list[str]]) -> Params:
    """Put TYPE first, then PREF for the type `pref`, then the rest as they came."""
    types = tuple(name for name in found.pop("TYPE", ()) if name)
    ordered: list[tuple[str, tuple[str, ...]]] = []
    if names := tuple(name for name in dict.fromkeys(types) if name != "pref"):
        ordered.append(("TYPE", names))
    if "pref" in types and "PREF" not in found:
        ordered.append(("PREF", ("1",)))
    for name, values in found.items():
        if name != "CHARSET" and not (name == "ENCODING" and _encoded(found)):
            ordered.append((name, tuple(values)))
    return tuple(ordered)
