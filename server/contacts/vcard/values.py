r"""Text values: escapes, lists and components, and back.

Source: RFC 6350, 3.4 and 4.1; RFC 2426, 2.4.2 and 5; vCard 2.1, 2.1.2.
"""

import re
import unicodedata

from server.lib.texts import clean_text

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_SEPARATORS = {separator: re.compile(rf"\\.|{separator}", re.DOTALL) for separator in ",;"}
_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x85]")
_GAP = re.compile(r"[\t\n\r\x0b\x0c\x85]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile(r"\\.|\n", re.DOTALL)
_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})
_URI_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n"})


def unescape(raw: str) -> str:
    r"""Give back the text of `raw`.

    `\n` is a line break, and a backslash before punctuation falls away: Google writes
    `http\://`. Before any other letter or digit it stays: `C:\temp` is a path.
    """
    if "\\" not in raw:
        return raw
    return _ESCAPE.sub(_plain, raw)


def one_line(raw: str) -> str:
    """Return the text of `raw` as the product stores names: clean, without blanks around it."""
    text = unescape(raw)
    if text.isascii() and text.isprintable():
        return text.strip()
    return clean_text(_CONTROL.sub("", _GAP.sub(" ", text)), multiline=False)


def many_lines(raw: str) -> str:
    """Return the text of `raw` as the product stores notes, but with the blanks around it."""
    text = unescape(raw)
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", _CONTROL.sub("", _BREAK.sub("\n", text)))


def escape(text: str) -> str:
    """Write `text` as a text value; every kind of line break is one."""
    return line_feeds(text).translate(_ESCAPES)


def escape_uri(text: str) -> str:
    """Write `text` as a URI value, in which commas and semicolons stay as they are."""
    return line_feeds(text).translate(_URI_ESCAPES)


def on_one_line(value: str) -> str:
    r"""Write the line breaks of a decoded value (quoted-printable, base64) as `\n`.

    All other escapes stay: the value is still raw.
    """
    value = line_feeds(value)
    return _LINE_BREAK.sub(_broken, value) if "\n" in value else value


def line_feeds(text: str) -> str:
    """Write every line break (CRLF, CR) of `text` as LF."""
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_raw(raw: str, separator: str) -> list[str]:
    """Split at every unescaped `separator` (comma or semicolon); the parts stay raw."""
    if "\\" not in raw:
        return raw.split(separator)
    parts, start = [], 0
    for found in _SEPARATORS[separator].finditer(raw):
        if found[0] == separator:
            parts.append(raw[start : found.start()])
            start = found.end()
    parts.append(raw[start:])
    return parts


def split_text(raw: str, separator: str) -> list[str]:
    """Split at every unescaped `separator` into texts of one line each."""
    return [one_line(part) for part in split_raw(raw, separator)]


def _plain(escape_sequence: re.Match[str]) -> str:
    char = escape_sequence[1]
    if char in "nN":
        return "\n"
    return escape_sequence[0] if char.isalnum() else char


def _broken(found: re.Match[str]) -> str:
    if found[0] == "\n":
        return "\\n"
    return "\\\\\\n" if found[0] == "\\\n" else found[0]
