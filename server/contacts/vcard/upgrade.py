"""Properties of 2.1 and 3.0 in the terms of 4.0, for those that are given back as they came.

Source: RFC 6350, appendix A and 6.2.4, 6.5.2, 6.6.6, 6.8.1; RFC 2397 (data URIs).
"""

import binascii
import re

from server.contacts.vcard.card import KeptProperty, Params
from server.contacts.vcard.lines import decode_bytes
from server.contacts.vcard.params import BASE64, Header, values_of, without
from server.contacts.vcard.values import escape, on_one_line, split_raw, unescape

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_BLANK = re.compile(r"\s+")
_COORDINATES = re.compile(r"\s*([+-]?[\d.]+)\s*;\s*([+-]?[\d.]+)\s*", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")

_FAMILIES = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "application"}
_MEDIA_TYPES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "png": "image/png",
    "wave": "audio/x-wav",
    "pcm": "audio/basic",
    "x509": "application/pkix-cert",
    "pgp": "application/pgp-keys",
}
_UNKNOWN_MEDIA = "application/octet-stream"
_NAME_COMPONENTS = 5


class BadBase64(Exception):
    """A value that says it is base64 is not."""


def is_binary(header: Header) -> bool:
    """Say whether the base64 of this property is data; else it is text, coded to be safe."""
    return header.name in _FAMILIES or (header.name.startswith("X-") and not header.charset)


def decode_text(header: Header, value: str) -> str:
    """Return the raw text of a value in base64.

    Raises:
        BadBase64: it cannot be decoded.
    """
    text, _ = decode_bytes(binascii.a2b_base64(_base64(value)), header.charset)
    return on_one_line(text)


def keep(header: Header, value: str, *, old: bool) -> KeptProperty:
    """Make a kept property of what was read, in the terms of 4.0; `old` for a card of 2.1.

    Raises:
        BadBase64: the value should be base64 and cannot be decoded.
    """
    name, params = header.spelled, header.params
    if header.encoding == BASE64 and is_binary(header):
        params, value = _data_uri(header, value)
    elif name == "GEO" and (found := _COORDINATES.fullmatch(value)):
        value = f"geo:{found[1]},{found[2]}"
    elif name == "AGENT":
        name, params, value = "RELATED", _agent_params(params), value.strip()
    elif name == "N":
        value = _five_components(value, old=old)
    return KeptProperty(header.group, name, params, value)


def keep_unread(header: Header, value: str) -> KeptProperty:
    """Keep a value that should be base64 and is not; X-ENCODING says so without claiming it."""
    params = (*header.params, ("X-ENCODING", (BASE64,)))
    return KeptProperty(header.group, header.spelled, params, value)


def _data_uri(header: Header, value: str) -> tuple[Params, str]:
    types = values_of(header.params, "TYPE")
    family = _FAMILIES.get(header.name, "application")
    media = {name: _media_type(family, name) for name in types}
    used = next((name for name in types if media[name]), "")
    params = without(header.params, "TYPE", "VALUE")
    if rest := tuple(name for name in types if name != used):
        params = (("TYPE", rest), *params)
    return params, f"data:{media.get(used, _UNKNOWN_MEDIA)};base64,{_base64(value)}"


def _media_type(family: str, name: str) -> str:
    """Return what a type of 3.0 (`jpeg`) means for this family; empty if it is no format."""
    guess = _MEDIA_TYPES.get(name) or (name if "/" in name else f"{family}/{name}")
    return guess if name not in ("home", "work") and _MEDIA_TYPE.fullmatch(guess) else ""


def _base64(value: str) -> str:
    """Return `value` without blanks and well padded.

    Raises:
        BadBase64: it has other characters, or one too many.
    """
    compact = _BLANK.sub("", value)
    if not _BASE64.fullmatch(compact):
        raise BadBase64
    digits = compact.rstrip("=")
    if len(digits) % 4 == 1:
        raise BadBase64
    return digits + "=" * (-len(digits) % 4)


def _agent_params(params: Params) -> Params:
    """An AGENT is a RELATED of that type; what does not point elsewhere is text."""
    rest = without(params, "TYPE")
    if not values_of(params, "VALUE"):
        rest = (*rest, ("VALUE", ("text",)))
    return (("TYPE", ("agent", *values_of(params, "TYPE"))), *rest)


def _five_components(value: str, *, old: bool) -> str:
    """N has exactly five components in 4.0; in 2.1 a comma separates nothing, so it is escaped."""
    parts = split_raw(value, ";")
    if old or value.endswith("\\"):
        # A last backslash that escapes nothing would escape the next semicolon.
        parts = [escape(unescape(part)) for part in parts]
    return ";".join(parts + [""] * (_NAME_COMPONENTS - len(parts)))
