"""The lines of one card to its properties: unfolding, parameters, character sets.

Source: RFC 6350, 3.2 and 3.3; RFC 2425, 5.8.1; vCard 2.1, 2.1.3 (folding) and 2.1.5
(quoted-printable, base64, character sets).
"""

import binascii
import codecs
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from server.contacts.vcard.params import BASE64, QUOTED_PRINTABLE, Header, read_header
from server.contacts.vcard.stream import MAX_LINE_BYTES
from server.contacts.vcard.values import on_one_line

Warn = Callable[[int, str, str], None]
"""Called with line, code and reason of a warning."""

Line = tuple[int, Header | None, str]
"""Line number, what stands before the colon, raw value; without a header the whole line."""

_FULL_LINE_BYTES = 74
"""Programs that fold by width break after 74 to 76 octets, or up to 3 earlier (UTF-8)."""

_HEADER_BYTES = 1000
"""Where an encoding is looked for when a line seems to go on; no real header is longer."""

_NOT_PLAIN = frozenset((b"", b" ", b"\t"))
_HEAD = re.compile(r'(?:"[^"]*"|[^":])*:')
_HEAD_BYTES = re.compile(rb'(?:"[^"]*"|[^":])*:')
_IN_QUOTES = re.compile(rb'"[^"]*(?:"|$)')
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_BASE64_HEAD = re.compile(rb";(?:ENCODING=B(?:ASE64)?|BASE64)(?=[;:])", re.IGNORECASE)
_QUOTED_HEAD = re.compile(rb";(?:ENCODING=)?QUOTED-PRINTABLE(?=[;:])", re.IGNORECASE)
_VERSION = re.compile(rb"\s*VERSION\s*:\s*(\S+)", re.IGNORECASE)
_USUAL_CHARSETS = frozenset({"utf-8", "utf8", "utf_8", "us-ascii", "ascii"})
_CHARSET = re.compile(
    # Python knows codecs that are no character sets, some of them costly (idna, punycode), and
    # remembers every unknown name for good.
    r"iso-?8859-\d\d?|latin-?\d\d?|windows-\d{3,4}|cp\d{3,4}|koi8-[rut]|(shift_?-?|x-s|s)jis"
    r"|euc-?(jp|kr|cn)|iso-2022-(jp|kr)|gb(2312|k|18030)|big5(-?hkscs)?|hz(-gb-2312)?"
    r"|macintosh|tis-620|ks_c_5601-1987"
)


def version_of(lines: list[bytes]) -> str:
    """Return the VERSION among `lines`; without one, 2.1 if they use its encodings, else 3.0."""
    for line in lines:
        if found := _VERSION.match(line[:100]):
            return found[1].decode("ascii", "replace")
    if any(b"QUOTED-PRINTABLE" in line[:_HEADER_BYTES].upper() for line in lines):
        return "2.1"
    return "3.0"


def content_lines(lines: list[bytes], first: int, *, old: bool, warn: Warn) -> Iterator[Line]:
    """Yield the properties among `lines`, whose first one is line `first` of the file.

    Values are raw (still escaped) and on one line; quoted-printable is decoded, base64 is not.
    `old` asks for the folding rules of 2.1. A line that is no property comes without a header;
    one over MAX_LINE_BYTES is left out with a warning.
    """
    for number, line in _unfold(lines, first, old=old):
        if len(line) > MAX_LINE_BYTES:
            warn(number, "line_too_long", "A line over 4 MiB was left out.")
            continue
        try:
            text = line.decode()
        except UnicodeDecodeError:
            text = _decode(line, number, warn)
        if "\x00" in text:
            text = without_nulls(text, number, warn)
        head, colon, value = text.partition(":")
        if '"' in head:
            head, colon, value = _split_quoted(text)
        header = read_header(head) if colon else None
        if header is None:
            yield number, None, text
            continue
        if header.charset or header.encoding == QUOTED_PRINTABLE:
            value = _recode(line, header, value, number, warn)
        yield number, header, value


def decode_bytes(content: bytes, charset: str) -> tuple[str, str]:
    """Decode with `charset`; the text, and the code of a warning if that did not work as said.

    Without a usable charset: UTF-8, else Windows-1252, else Latin-1, which takes every byte.
    """
    problem = ""
    if charset and charset not in _USUAL_CHARSETS:
        codec = _text_codec(charset)
        try:
            return content.decode(codec or "ascii"), ""
        except UnicodeDecodeError:
            problem = "wrong_charset" if codec else "unknown_charset"
    try:
        return content.decode(), problem
    except UnicodeDecodeError:
        return _decode_doubtful(content, problem)


def _unfold(lines: list[bytes], first: int, *, old: bool) -> Iterator[tuple[int, bytes]]:
    number, pieces = first, [b""]
    for at, line in enumerate(lines, first):
        if (line[:1] in _NOT_PLAIN or b":" not in line or pieces[-1][-1:] == b"=") and (
            pieces[0] and _goes_on(pieces, line, old=old)
        ):
            continue
        if pieces[0]:
            yield number, pieces[0] if len(pieces) == 1 else b"".join(pieces)
        number, pieces = at, [line]
    if pieces[0]:
        yield number, b"".join(pieces)


def _goes_on(pieces: list[bytes], line: bytes, *, old: bool) -> bool:
    """Add `line` to the line begun in `pieces`, unless it begins a new one."""
    head = pieces[0][:_HEADER_BYTES]
    if b'"' in head:
        head = _IN_QUOTES.sub(b"", head)
    head = head.partition(b":")[0] + b":"
    if pieces[-1].endswith(b"=") and _QUOTED_HEAD.search(head):
        # A soft line break. What follows is content up to its first blank.
        pieces[-1] = pieces[-1][:-1]
        pieces.append(line)
        return True
    if not line:
        return True
    coded = _BASE64_HEAD.search(head) is not None
    if line[:1] in _NOT_PLAIN:
        if coded:
            pieces.append(line.strip())
        elif old and not _is_full(pieces, line):
            # 2.1 folds before a blank, which stays. Most who say 2.1 fold by width all the same.
            pieces.append(line)
        else:
            pieces.append(line[1:])
        return True
    if coded and _BASE64_LINE.fullmatch(line.strip()):
        pieces.append(line.strip())
        return True
    return False


def _is_full(pieces: list[bytes], line: bytes) -> bool:
    """Say whether the last line was broken for its width, not because a blank came next."""
    octets = len(pieces[-1]) + (len(pieces) > 1)
    splits_character = line[1:2] >= b"\x80"
    return octets >= _FULL_LINE_BYTES - (3 if splits_character else 0)


def _split_quoted(text: str) -> tuple[str, str, str]:
    found = _HEAD.match(text)
    if found is None:
        return text.partition(":")
    return text[: found.end() - 1], ":", text[found.end() :]


def _decode(line: bytes, number: int, warn: Warn) -> str:
    text, problem = decode_bytes(line, "")
    if problem:
        _warn_charset(problem, number, warn)
    return text


def without_nulls(text: str, number: int, warn: Warn) -> str:
    """Drop null characters, which no database text can hold, with a warning."""
    if "\x00" not in text:
        return text
    warn(number, "null_byte", "A null byte was left out.")
    return text.replace("\x00", "")


def _recode(line: bytes, header: Header, value: str, number: int, warn: Warn) -> str:
    """Read the value again from the bytes of `line`, as the parameters say."""
    if header.encoding == BASE64:
        return value
    if header.encoding == QUOTED_PRINTABLE:
        found = _HEAD_BYTES.match(line)
        content = line[found.end() :] if found else line.partition(b":")[2]
        text, problem = decode_bytes(binascii.a2b_qp(content), header.charset)
    else:
        whole, problem = decode_bytes(line, header.charset)
        text = _split_quoted(whole)[2]
    if problem:
        _warn_charset(problem, number, warn)
    return without_nulls(on_one_line(text), number, warn)


def _decode_doubtful(content: bytes, problem: str) -> tuple[str, str]:
    try:
        # Old Android writes an emoji as two halves of three bytes each.
        halves = content.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    except UnicodeDecodeError:
        try:
            return content.decode("cp1252"), problem
        except UnicodeDecodeError:
            return content.decode("latin-1"), problem
    try:
        return halves.decode("utf-16-le"), problem
    except UnicodeDecodeError:
        return halves.decode("utf-16-le", "replace"), "lone_surrogate"


def _warn_charset(problem: str, number: int, warn: Warn) -> None:
    reasons = {
        "unknown_charset": "The character set is unknown; UTF-8 or Windows-1252 was assumed.",
        "wrong_charset": "The text is not in the character set it names; another was assumed.",
        "lone_surrogate": "Half a character was replaced by U+FFFD.",
    }
    warn(number, problem, reasons[problem])


@lru_cache(maxsize=64)
def _text_codec(charset: str) -> str:
    """Return the Python codec of a character set, or an empty text when there is none."""
    if not _CHARSET.fullmatch(charset):
        return ""
    try:
        return codecs.lookup(charset.removeprefix("x-")).name
    except LookupError:
        return ""
