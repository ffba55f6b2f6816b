"""Bytes to lines of text: which encoding a file has, and how it writes dates.

A first look reads the file whole, in pieces; the second reads it line by line. Memory stays flat.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

CHUNK_BYTES = 64 * 1024
MAX_LINE_CHARS = 1_000_000
"""Longest line; what is behind it is skipped, and its row fails."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DAY_MONTH = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/\d{4}(?!\d)")
_REPLACED = "\ufffd"


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first look at a file tells.

    `day_first` says that its dates with slashes begin with the day (31/12/1999), None when none
    of them tells. `is_damaged`: some bytes are no characters of its encoding.
    """

    encoding: str
    day_first: bool | None
    is_damaged: bool


def survey(file: IO[bytes]) -> Survey:
    """Look through a file and return to its beginning.

    UTF-8 unless another byte order mark or the bytes say otherwise; what is not UTF-8 anywhere
    is Windows' Western European (cp1252), as Outlook writes it.
    """
    head = file.read(CHUNK_BYTES)
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "") or _utf_16(head)
    file.seek(0)
    damage, letters, days, months = _look(file, encoding or "utf-8")
    file.seek(0)
    if not encoding:
        # One Latin letter among many of UTF-8 is damage; nothing but Latin letters is Latin.
        encoding = "utf-8" if letters >= damage else "cp1252"
        damage = damage if encoding == "utf-8" else 0
    day_first = None if bool(days) == bool(months) else bool(days)
    return Survey(encoding, day_first, damage > 0)


def read_lines(file: IO[bytes], encoding: str) -> Iterator[tuple[str, bool]]:
    """Yield each line with its end, and whether it was cut for its length."""
    lent = io.BufferedReader(_Lent(file))
    text = io.TextIOWrapper(lent, encoding=encoding, errors="replace", newline="")
    while line := text.readline(MAX_LINE_CHARS):
        if len(line) < MAX_LINE_CHARS or line.endswith(("\r", "\n")):
            yield line, False
            continue
        rest = line
        while rest and not rest.endswith(("\r", "\n")):
            rest = text.readline(MAX_LINE_CHARS)
        yield line, True


def _look(file: IO[bytes], encoding: str) -> tuple[int, int, int, int]:
    """Count damaged places, letters beyond ASCII, and dates that begin with day or month."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    damage = letters = days = months = 0
    while chunk := file.read(CHUNK_BYTES):
        text = decoder.decode(chunk)
        if not text.isascii():
            bad = text.count(_REPLACED)
            damage += bad
            letters += sum(char > "\x7f" for char in text) - bad
        for first, second in _DAY_MONTH.findall(text):
            days += int(first) > 12
            months += int(second) > 12
    damage += decoder.decode(b"", final=True).count(_REPLACED)
    return damage, letters, days, months


def _utf_16(head: bytes) -> str:
    """Tell UTF-16 without a mark by its null bytes: half of what Latin letters take."""
    sample = head[:1000]
    if len(sample) < 4 or sample.count(0) < len(sample) // 3:
        return ""
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


class _Lent(io.RawIOBase):
    """A file that whoever reads it must not close."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        """Say so to the reader above."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; return how much there was."""
        chunk = self._file.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)
