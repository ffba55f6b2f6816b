"""Text of a mail that came as HTML only; quotes become lines with `>`, signatures go.

A scanner of our own, because a mail is anybody's: the standard library's parser takes eight
minutes for 200,000 characters of `<div `. Nothing is fetched, and the text is only ever text.
"""

import html
import re
from collections.abc import Iterator

LONGEST = 200_000
"""Characters that are read: Outlook writes 60,000 of styles in front of one word."""

_OPENING = re.compile(
    r"\s*(?:<!doctype html|<\?xml|<(?:html|head|body|meta|style|div|p|br|span|table|font|b|i|o:p)"
    r"[\s/>])",
    re.IGNORECASE,
)
# Neither of these can be read twice over the same characters, whatever the mail holds.
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]{0,30})([^<>]*)>|<!--|<[!?][^<>]*>")
_NAMES = re.compile(r"(?:class|id)\s*=\s*[\"']?([^\"'<>]*)", re.IGNORECASE)
_NEW_PARAGRAPH = re.compile(r"\n{3,}")

_UNSEEN = frozenset({"head", "script", "style", "title", "template", "noscript", "object"})
# What they hold is no HTML: a `<` in it begins nothing.
_RAW = frozenset({"script", "style", "title"})
_BLOCKS = (
    "p div br tr li ul ol table blockquote h1 h2 h3 h4 h5 h6 pre section article header footer"
    " center dl dt dd form hr body html"
)
_VOID = "area base br col embed hr img input link meta source track wbr"
_SIGNATURES = ("gmail_signature", "moz-signature", "ms-outlook-mobile-signature", "signature_block")
_RULE = "-" * 20
_DEEPEST = 3
_LOOKED_UP = 50
_ENDS_A_LINE = frozenset(_BLOCKS.split())
_IS_EMPTY = frozenset(_VOID.split())


def is_html(body: str) -> bool:
    """Say whether a body is HTML and not text that begins with a `<`."""
    return _OPENING.match(body) is not None


def text_of_html(body: str) -> str:
    """Return the text of an HTML mail: a line a block, `> ` in front of what is quoted."""
    page = _Page()
    for is_end, tag, rest in _parts(body[:LONGEST]):
        if not tag:
            page.write(rest)
        elif is_end:
            page.close(tag)
        else:
            page.open(tag, rest)
    return page.text()


def _parts(source: str) -> Iterator[tuple[bool, str, str]]:
    """Yield (is an end, tag, attributes), and ("", text) in between."""
    at = 0
    while found := _TAG.search(source, at):
        yield False, "", source[at : found.start()]
        at = found.end()
        if found[0] == "<!--":
            at = _after(source, "-->", at)
        elif found[2]:
            tag = found[2].lower()
            yield bool(found[1]), tag, found[3]
            if tag in _RAW and not found[1]:
                at = _after(source, f"</{tag}>", at)
                yield True, tag, ""
    yield False, "", source[at:]


def _after(source: str, end: str, at: int) -> int:
    found = re.compile(re.escape(end), re.IGNORECASE).search(source, at)
    return found.end() if found else len(source)


class _Page:
    """The lines written so far, and the elements that are open."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._open: list[tuple[str, bool, bool]] = []  # tag, hides its text, is a quote
        self._hidden = 0
        self._quotes = 0

    def open(self, tag: str, attributes: str) -> None:
        if tag in _ENDS_A_LINE:
            self._end_line()
        if tag == "hr" and not self._hidden:
            self._lines.append(self._mark() + _RULE)
        if tag in _IS_EMPTY:
            return
        names = " ".join(_NAMES.findall(attributes)).lower()
        hides = tag in _UNSEEN or any(name in names for name in _SIGNATURES)
        is_quote = tag == "blockquote"
        self._open.append((tag, hides, is_quote))
        self._hidden += hides
        self._quotes += is_quote

    def close(self, tag: str) -> None:
        if tag in _ENDS_A_LINE:
            self._end_line()
        if not any(each[0] == tag for each in self._open[-_LOOKED_UP:]):
            return
        while self._open:
            name, hides, is_quote = self._open.pop()
            self._hidden -= hides
            self._quotes -= is_quote
            if name == tag:
                return

    def write(self, text: str) -> None:
        if not self._hidden:
            self._line.append(text)

    def text(self) -> str:
        self._end_line()
        return _NEW_PARAGRAPH.sub("\n\n", "\n".join(self._lines)).strip("\n")

    def _end_line(self) -> None:
        line = " ".join(html.unescape("".join(self._line)).split())
        self._line.clear()
        self._lines.append(self._mark() + line if line else "")

    def _mark(self) -> str:
        return "> " * min(self._quotes, _DEEPEST)
