"""Bytes of a calendar file as content lines (RFC 5545, 3.1), with their line numbers.

icalendar reads the events; it names no line numbers and gives up a whole calendar for some
broken lines, so the file is cut into its components here first.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_LINES = 2_000_000
"""A file of 20 MB (the largest import) has ten bytes or fewer to a line beyond this."""

MAX_LINE_BYTES = 131_072
"""After unfolding; an EXDATE line with thousands of dates fits."""

_LINE = re.compile(r'[^:;]+(?P<params>(?:;[^:;="]*(?:=(?:"[^"]*"|[^":;])*)?)*):(?P<value>.*)', re.S)
_TZID = re.compile(r';\s*TZID\s*=\s*(?:"([^"]*)"|([^;]*))', re.I)
_KEPT_PARAMS = re.compile(r";\s*((?:VALUE|RANGE)\s*=\s*[A-Za-z-]+)", re.I)
_ESCAPED = re.compile(r"\\(.)", re.S)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ContentLine:
    """One unfolded line; `number` is where it starts in the file, counted from 1."""

    number: int = field(compare=False)
    name: str
    text: str

    @property
    def value(self) -> str:
        """What follows the first colon that stands in no parameter."""
        match = _LINE.fullmatch(self.text)
        return match["value"] if match else self.text.partition(":")[2]

    def moment_value(self) -> str:
        """What follows the last colon: dates and rules hold none, unquoted TZIDs may.

        Outlook writes TZID=(UTC+01:00) Amsterdam, Berlin:20250101T090000.
        """
        return self.text.rpartition(":")[2].strip()

    def moment_zone(self) -> str | None:
        """Return the TZID beside a date, None when there is none."""
        match = _TZID.search(self.text.rpartition(":")[0])
        return (match[1] or match[2] or "").strip() or None if match else None

    def with_zone(self, tzid: str | None) -> str:
        """Return the line with another TZID, or none, and without parameters that say nothing."""
        params = [f"TZID={tzid}"] if tzid else []
        head = self.text.rpartition(":")[0]
        params += _KEPT_PARAMS.findall(head)
        return f"{';'.join([self.name, *params])}:{self.moment_value()}"


def unescape(value: str) -> str:
    r"""Undo the escapes \n, \, and \; of a TEXT value and drop control characters."""
    text = _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n")).strip()


def as_utf8(data: bytes) -> bytes:
    """Return `data` without byte order mark, UTF-16 turned into UTF-8, lone CR into LF."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    elif data[:4] in (b"B\0E\0", b"\0B\0E"):
        encoding = "utf-16-le" if data[0] else "utf-16-be"
        data = data.decode(encoding, "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (line number, bytes) of each content line, at most MAX_LINES physical ones.

    Unfolding comes before decoding: a fold may stand inside a character. What passes
    MAX_LINE_BYTES by more than one physical line is cut off; the reader sees its length.
    """
    start, parts, size = 0, list[bytes](), 0
    for number, raw in enumerate(io.BytesIO(data), 1):
        if number > MAX_LINES:
            break
        line = raw.rstrip(b"\r\n")
        if not line:
            continue
        if line[0] in b" \t":
            if size <= MAX_LINE_BYTES:
                parts.append(line[1:])
                size += len(line) - 1
            continue
        if parts:
            yield start, b"".join(parts)
        start, parts, size = number, [line], len(line)
    if parts:
        yield start, b"".join(parts)


def read_line(number: int, raw: bytes) -> ContentLine:
    """Return the line; what is not UTF-8 is taken for Windows-1252 (and Latin-1)."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    name = re.split("[:;]", text, maxsplit=1)[0].strip().upper()
    return ContentLine(number, name, text)
