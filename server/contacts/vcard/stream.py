"""Bytes to the lines of one card at a time; memory stays flat however long the file is.

Source: RFC 6350, 3.2; vCard 2.1, 2.1.3 (line delimiters) and the AGENT property.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, product
from typing import BinaryIO

from server.contacts.vcard.card import OUTSIDE_CARD

Source = bytes | BinaryIO | Iterable[bytes]

CHUNK_BYTES = 64 * 1024
"""Read at a time; smaller chunks are gathered first, so that none costs a copy of its own."""

MAX_LINE_BYTES = 4 * 1024 * 1024
"""Longest line, unfolded: a photo of 3 MB in base64, more than any address book stores."""

MAX_CARD_BYTES = 8 * 1024 * 1024
"""Largest card: two such lines. Bounds the memory that one card can claim."""

_LINE_OVERHEAD_BYTES = 32
"""Added per line when a card is weighed: millions of tiny lines cost objects, not bytes."""

_JUNK = b" \t\x00\x1a\xef\xbb\xbf"
"""Around BEGIN, not content: indents, padding, DOS end of file, the mark of a joined file."""

_MARKS = frozenset(
    "".join(letters).encode()
    for word in ("BEG", "END")
    for letters in product(*((letter, letter.lower()) for letter in word))
)
_AGENT = re.compile(rb"(?:[\w.-]+\.)?AGENT(?:;[^:]*)?:\s*", re.IGNORECASE)
_JOINED = re.compile(
    rb"(END[ \t]*:[ \t]*VCARD)[ \t\x1a\xef\xbb\xbf]*(BEGIN[ \t]*:[ \t]*VCARD[ \t]*)", re.IGNORECASE
)
_LINE_END = re.compile(rb"[\r\n]")


@dataclass(slots=True)
class Block:
    """The lines between BEGIN and END, or a stretch of the file that lies outside any card.

    `line` is where it begins; `lines[0]` is the line after BEGIN. `problem` is empty or the
    code of a BadCard. A card of 2.1 inside another (AGENT) is folded into its property's line,
    and blank lines take its place.
    """

    line: int
    inside: bool
    lines: list[bytes] = field(default_factory=list)
    problem: str = ""
    _weight: int = 0
    _agents: list[bytes] = field(default_factory=list)
    _depth: int = 0

    def add(self, lines: list[bytes]) -> None:
        """Take the next lines, unless the card has grown too large."""
        self._weight += sum(map(len, lines)) + _LINE_OVERHEAD_BYTES * len(lines)
        if self._weight > MAX_CARD_BYTES:
            if not self.problem:
                self.problem = "card_too_large"
                # Enough to tell the user which card it was.
                self.lines.extend(lines)
                self.lines = [line for line in self.lines if line[:3].upper() == b"FN:"][:1]
        elif self._depth:
            self._agents.extend(lines)
            self.lines.extend([b""] * len(lines))
        else:
            self.lines.extend(lines)

    def begin_agent(self, line: bytes) -> bool:
        """Take a BEGIN inside this card; False when no AGENT property announced it."""
        within = self._agents if self._depth else self.lines
        if not within or not _AGENT.fullmatch(within[-1]):
            return False
        self._depth += 1
        self.add([line])
        return True

    def end_agent(self, line: bytes) -> bool:
        """Take an END; False when it ends this card itself."""
        if not self._depth:
            return False
        self.add([line])
        self._depth -= 1
        if not self._depth and not self.problem:
            at = len(self.lines) - len(self._agents) - 1
            self.lines[at] = self.lines[at].rstrip() + _escape(b"\n".join(self._agents))
            self._agents = []
        return True


def card_blocks(source: Source) -> Iterator[Block]:
    """Yield every card of `source` in order, and every stretch of text outside of a card.

    A BEGIN inside a card that no AGENT announces starts the next card: the first has lost its
    END (`missing_end`). Blank lines between cards mean nothing.
    """
    block = Block(1, inside=False)
    number = 0
    for batch in line_batches(source):
        at = 0
        while at < len(batch):
            if block.inside:
                # One step per line would cost as much as all the rest of the reading.
                marks = (i for i in range(at, len(batch)) if batch[i][:3] in _MARKS)
                end = next(marks, len(batch))
                block.add(batch[at:end])
                number += end - at
                at = end
                if at == len(batch):
                    break
            number += 1
            for line in _parted(batch[at]):
                ended, block = _next_block(block, line, number)
                yield from ended
            at += 1
    yield from _finished(block)


def line_batches(source: Source) -> Iterator[list[bytes]]:
    """Yield the lines of `source` in batches, without their ends (CRLF, LF or CR).

    A line over MAX_LINE_BYTES is cut right behind that limit; the rest is skipped.
    """
    tail = b""
    for chunk in _as_utf8(_chunks(source)):
        start = 0
        if len(tail) > MAX_LINE_BYTES:
            end = _LINE_END.search(chunk)
            if end is None:
                continue
            start = end.start()
        data = tail + chunk[start:]
        # A CR in last place may be half of a CRLF: it waits for the next chunk.
        cut = max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1
        yield data[:cut].splitlines()
        tail = data[cut:][: MAX_LINE_BYTES + 1]
    yield tail.splitlines()


def _next_block(block: Block, line: bytes, number: int) -> tuple[list[Block], Block]:
    """Take one line that may be BEGIN or END; return what it ends, and what goes on."""
    if not block.inside:
        line = line.strip(_JUNK)
    mark = _mark(line) if line[:3] in _MARKS else b""
    if mark == b"BEGIN" and not (block.inside and block.begin_agent(line)):
        return _finished(block), Block(number, inside=True)
    if mark == b"END" and block.inside and not block.end_agent(line):
        return [block], Block(number + 1, inside=False)
    if block.inside and not mark:
        block.add([line])
    elif line and not block.inside and not block.problem:
        block.line, block.problem = number, OUTSIDE_CARD
    return [], block


def _parted(line: bytes) -> list[bytes]:
    """Part the two lines that `cat` joins when a file does not end in a line break."""
    joined = _JOINED.fullmatch(line)
    return [joined[1], joined[2]] if joined else [line]


def _finished(block: Block) -> list[Block]:
    """Return what has ended without END, if that is worth telling."""
    if block.inside:
        block.problem = block.problem or "missing_end"
    return [block] if block.problem else []


def _mark(line: bytes) -> bytes:
    """Return BEGIN or END if `line` begins or ends a card; 2.1 allows blanks in between."""
    name, _, component = line.partition(b":")
    mark = name.strip().upper()
    return mark if mark in (b"BEGIN", b"END") and component.strip().upper() == b"VCARD" else b""


def _escape(text: bytes) -> bytes:
    for plain, escaped in ((b"\\", b"\\\\"), (b",", b"\\,"), (b";", b"\\;"), (b"\n", b"\\n")):
        text = text.replace(plain, escaped)
    return text


def _chunks(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        for start in range(0, len(source), CHUNK_BYTES):
            yield source[start : start + CHUNK_BYTES]
    elif hasattr(source, "read"):
        while chunk := source.read(CHUNK_BYTES):
            yield chunk
    else:
        waiting: list[bytes] = []
        size = 0
        for chunk in source:
            waiting.append(chunk)
            size += len(chunk)
            if size >= CHUNK_BYTES:
                yield b"".join(waiting)
                waiting, size = [], 0
        yield b"".join(waiting)


def _as_utf8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn UTF-16 into UTF-8 and drop a byte order mark; leave every other encoding alone."""
    first = next(chunks, b"")
    if first.startswith(codecs.BOM_UTF8):
        first = first[len(codecs.BOM_UTF8) :]
    encoding = _utf_16(first)
    if not encoding:
        yield first
        yield from chunks
        return
    # "replace": half a surrogate pair is no character and has no UTF-8 form.
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chain((first,), chunks):
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()


def _utf_16(first: bytes) -> str:
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if first[:4].upper() == b"B\x00E\x00":
        return "utf-16-le"
    if first[:4].upper() == b"\x00B\x00E":
        return "utf-16-be"
    return ""
