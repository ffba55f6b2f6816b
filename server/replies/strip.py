"""Takes what a mail program added off a reply: quotes, signature, disclaimer (ADR 0030).

Line by line and in one pass, so that no mail takes long. Where it is unsure it keeps: what is
kept too much makes a command a note, which the user is told; what is lost too much is a reply
that nobody reads.
"""

import re
import unicodedata
from collections.abc import Sequence

from server.lib.html_text import is_html, text_of_html
from server.lib.texts import search_key
from server.replies import mail_words
from server.replies.parse import Kind, parse

LONGEST = 100_000
"""Characters that are looked at; what follows is quoted, or nobody's reply."""
_COMMANDS = frozenset({Kind.COMMANDS, Kind.BARE, Kind.UNDO})
_MOST_HEADER_LINES = 4
_LONGEST_HEADER = 400
_MOST_SIGNATURE_LINES = 8
_LONGEST_SIGNATURE_LINE = 80
_MOST_NAME_WORDS = 5
_MOST_DEVICE_WORDS = 7
_LONGEST_DEVICE_LINE = 120
_SHORTEST_BROKEN = 60
"""A quoted line that a mail program broke was at least so long."""
_SHORTEST_DISCLAIMER = 8

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")
_RULE = re.compile(r"[-_=\u2010-\u2015\u2500*\s]{10,}")
_TITLE_RULE = re.compile(r"[>\s]*[-_=]{2,} ?[^-_=\s].{0,80}[^-_=\s] ?[-_=]{2,}")
_DELIMITER = re.compile(r"(?:--|—|––|__)\s*")
_OLD_GMAIL = re.compile(r"\d{4}[/-]\d{1,2}[/-]\d{1,2} .{0,200}<[^<>\s]+@[^<>\s]+>:?")
_TELLS_WHEN_OR_WHO = re.compile(r"\d|@|<")
_ADDRESS = re.compile(r"[<(] ?[^\s<>()]+@[^\s<>()]+ ?[>)]")
_DATE = r"\d{1,4} ?[./年-] ?\d{1,2} ?[./月-] ?\d{1,4}"
_DATE_AND_TIME = re.compile(rf"(?=.*(?:\d{{4}}|{_DATE})).*\d{{1,2}}[:.h]\d{{2}}")
_BEGINS_WITH_DATE = re.compile(rf"\W*(?:{_DATE}|\d{{1,2}}\.? [^\W\d]+\.?,? \d{{4}})")
_FIRST_CLAUSE = re.compile(r"[,;!?.](?:\s|$)")
_LINK = re.compile(r"<[^<>]*>|\([^()]*\)")
_FIRST_NAME = re.compile(r"[^\W\d_a-z][\w'-]*(?: [^\W\d_a-z][\w'-]*)?\.?")
_DASHED_NAME = re.compile(r"[-–—~] ?[^\W\d_][^\d,;:!?]{0,40}")
_EMPTY_LABEL = re.compile(r"[*\s]+")


def strip(body: str, *, sender: str = "") -> str:
    """Return what was written; `sender`, the writer's name, tells their signature from a sentence.

    HTML becomes text first. Empty when there is nothing but quotes and signature.
    """
    text = text_of_html(body) if is_html(body) else body
    text = _INVISIBLE.sub("", text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n"))
    lines = [unicodedata.normalize("NFC", line).replace("\xa0", " ").strip() for line in
             text.split("\n")]  # fmt: skip
    above, below = _split(lines)
    written = _unsigned(_without_notices(_trimmed(above)), sender)
    is_answered = parse("\n".join(written)).kind in _COMMANDS
    inline = _unquoted(below, is_answered=is_answered)
    inline = _unsigned(_without_notices(_trimmed(inline)), sender)
    return "\n".join(_trimmed([*written, "", *inline]))


def _split(lines: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the lines above the first quote, and those from its header on.

    `below` is empty where the quote is not marked line by line: nobody could say where it ends.
    """
    for at, line in enumerate(lines):
        if line.startswith(">"):
            return lines[:at], lines[at:]
        end = _end_of_header(lines, at)
        if end is None:
            continue
        quoted = next((each for each in lines[end:] if each), "")
        if quoted.startswith(">"):
            return lines[:at], lines[end:]
        if any(lines[:at]):
            return lines[:at], []
    return lines, []


def _end_of_header(lines: Sequence[str], at: int) -> int | None:
    """Return where the header of a quoted mail that begins at `at` ends; None: none begins."""
    line = lines[at]
    if not line:
        return None
    if _TITLE_RULE.fullmatch(line) or _OLD_GMAIL.fullmatch(line):
        return at + 1
    if line.rstrip(":").lower() in mail_words.FORWARDED or _is_label_block(lines, at):
        return at + 1
    if _RULE.fullmatch(line) and any(lines[:at]):
        return at + 1
    return _end_of_attribution(lines, at)


def _end_of_attribution(lines: Sequence[str], at: int) -> int | None:
    """Find the end of `On … wrote:`, which mail programs break over up to four lines."""
    joined = ""
    for end in range(at, min(at + _MOST_HEADER_LINES, len(lines))):
        line = lines[end]
        if not line or len(joined) + len(line) > _LONGEST_HEADER:
            return None
        joined = f"{joined} {line}".strip()
        if line.endswith((":", "：")):
            is_one = _is_attribution(joined) and (end == at or _begins_header(lines, at, end))
            return end + 1 if is_one else None
    return None


def _is_attribution(text: str) -> bool:
    """Say whether a text that ends with a colon tells who wrote when, in whatever language."""
    if _names_when_and_who(text):
        return True
    return bool(mail_words.WROTE_PATTERN.search(text) and _TELLS_WHEN_OR_WHO.search(text))


def _names_when_and_who(text: str) -> bool:
    return bool(_ADDRESS.search(text) and _DATE_AND_TIME.search(text))


def _begins_header(lines: Sequence[str], at: int, end: int) -> bool:
    """Say whether a broken header begins at `at` and not below: above it stands the reply."""
    if not _may_begin_header(lines[at]) and lines[at][0] not in "<\"'":
        return False
    return not any(
        _is_attribution(" ".join(lines[below : end + 1]))
        and (_may_begin_header(lines[below]) or _names_when_and_who(lines[below]))
        for below in range(at + 1, end + 1)
    )


def _may_begin_header(line: str) -> bool:
    return bool(mail_words.OPENER_PATTERN.match(line) or _BEGINS_WITH_DATE.match(line))


def _is_label_block(lines: Sequence[str], at: int) -> bool:
    if not mail_words.LABEL_PATTERN.match(lines[at]):
        return False
    found = {
        label[1].lower()
        for line in lines[at : at + 6]
        if (label := mail_words.LABEL_PATTERN.match(line))
    }
    return len(found) > 1 and _TELLS_WHEN_OR_WHO.search(" ".join(lines[at : at + 6])) is not None


def _unquoted(below: Sequence[str], *, is_answered: bool) -> list[str]:
    """Keep what stands between and under quoted lines, but not the rest of a broken one.

    `is_answered`: there is a command above, so that what follows a quoted line is its rest.
    """
    kept: list[str] = []
    is_broken = False
    at = 0
    while at < len(below):
        line = below[at]
        end = None if line.startswith(">") else _end_of_header(below, at)
        if end is not None:
            if not next((each for each in below[end:] if each), "").startswith(">"):
                break
            at = end
            continue
        if line.startswith(">"):
            is_broken = is_answered or len(line) >= _SHORTEST_BROKEN
        elif not line:
            is_broken = False
            kept.append(line)
        elif not is_broken or (not is_answered and parse(line).kind in _COMMANDS):
            kept.append(line)
        at += 1
    return kept


def _without_notices(lines: list[str]) -> list[str]:
    """Drop disclaimers: a banner above the text, or everything from one below it."""
    kept: list[str] = []
    for paragraph in _paragraphs(lines):
        text = " ".join(paragraph).lower()
        is_notice = len(text.split()) >= _SHORTEST_DISCLAIMER and any(
            words in text for words in mail_words.DISCLAIMERS
        )
        if not is_notice:
            kept += [*paragraph, ""]
        elif kept:
            break
    return _trimmed(kept) or lines


def _paragraphs(lines: Sequence[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def _unsigned(lines: list[str], sender: str) -> list[str]:
    """Drop the signature: from its delimiter, from the phone's line, or from the writer's name."""
    for at, line in enumerate(lines):
        if _DELIMITER.fullmatch(line) or _is_sent_from(line):
            lines = lines[:at]
            break
    lines = _trimmed(lines)
    start = _start_of_name(lines, sender)
    return _trimmed(lines[:start]) if start else lines


def _is_sent_from(line: str) -> bool:
    said = _LINK.sub("", line).strip()
    if len(said) > _LONGEST_DEVICE_LINE:
        return False
    is_short = len(said.split()) <= _MOST_DEVICE_WORDS + 2
    if mail_words.APP_PATTERN.search(said):
        return is_short
    if not mail_words.SENT_FROM_PATTERN.match(said):
        return False
    clause, *rest = _FIRST_CLAUSE.split(said, maxsplit=1)
    if mail_words.DEVICE_PATTERN.search(clause):  # "… my iPhone. Please excuse my brevity."
        return not any(re.search(r"\d", more) for more in rest)
    return is_short and len(said) <= _LONGEST_SIGNATURE_LINE and not rest


def _start_of_name(lines: Sequence[str], sender: str) -> int:
    """Return where the lines begin that only say who wrote; 0 for none, or nothing but them."""
    if len(lines) > 1 and not lines[-2] and _DASHED_NAME.fullmatch(lines[-1]):
        return len(lines) - 1
    if len(lines) > 2 and _is_first_name(lines[-1]) and lines[-2].endswith(","):
        above = _before_closing(lines, len(lines) - 1)
        if above < len(lines) - 1 and parse("\n".join(lines[:above])).kind in _COMMANDS:
            return above
    first = max(1, len(lines) - _MOST_SIGNATURE_LINES)
    for at in range(first, len(lines)):
        if any(len(line) > _LONGEST_SIGNATURE_LINE for line in lines[at:]):
            continue
        if _is_name(lines[at], sender) and (at + 1 == len(lines) or not lines[at - 1]):
            return _before_closing(lines, at)
    return 0


def _before_closing(lines: Sequence[str], at: int) -> int:
    above = at - 1
    while above > 0 and not lines[above]:
        above -= 1
    closing = lines[above].strip(" ,.!-–—").lower()
    return above if above > 0 and closing in mail_words.CLOSINGS else at


def _is_first_name(line: str) -> bool:
    """Say whether a line below the "Thanks," of a command may be what friends call the writer."""
    return bool(_FIRST_NAME.fullmatch(line)) and parse(line).kind in {Kind.NOTE, Kind.THANKS}


def _is_name(line: str, sender: str) -> bool:
    """Say whether a line is the writer's name, or a part of it, and nothing else."""
    said = re.findall(r"\w+", search_key(line))
    names = set(re.findall(r"\w+", search_key(sender)))
    return 0 < len(said) <= _MOST_NAME_WORDS and bool(names) and set(said) <= names


def _trimmed(lines: Sequence[str]) -> list[str]:
    """Drop empty lines at both ends."""
    kept = list(lines)
    while kept and not kept[-1]:
        kept.pop()
    while kept and not kept[0]:
        kept.pop(0)
    return kept
