"""What a user is told of their reply: one SMS at most; pure."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from server.messages.segments import count_segments, is_gsm
from server.replies.results import APPLIED, Handled, Line, Outcome
from server.replies.texts import Texts

_LONGEST_NAME = 40
_SHORT_NAME = 12


def receipt(handled: Handled, texts: Texts, zone: ZoneInfo, *, is_sms: bool) -> str | None:
    """Return the text that answers a reply; None for nothing to say.

    For an SMS it is shortened until it fits one: the hint goes first, then names, then words.
    """
    if not handled.lines and handled.said is None:
        return None
    shapes = _shapes(handled, texts, zone)
    if not is_sms:
        return next(shapes)
    text = ""
    for text in map(_plain, shapes):
        if count_segments(text) == 1:
            return text
    while count_segments(text) > 1:
        text = f"{text[:-4]}..."
    return text


def _shapes(handled: Handled, texts: Texts, zone: ZoneInfo) -> Iterator[str]:
    """Yield the receipt, each time shorter."""
    said = texts.said[handled.said].format(code=handled.example) if handled.said else ""
    footer = texts.footer if any(line.outcome in APPLIED for line in handled.lines) else ""
    for name_length, tail in (
        (_LONGEST_NAME, footer),
        (_LONGEST_NAME, ""),
        (_SHORT_NAME, ""),
        (0, ""),
    ):
        lines = [_line(line, texts, zone, name_length) for line in handled.lines]
        yield "\n".join(part for part in (*lines, said, tail) if part)
    yield _briefly(handled.lines, lambda outcome: _word(outcome, texts))


def _line(line: Line, texts: Texts, zone: ZoneInfo, name_length: int) -> str:
    name = line.name if len(line.name) <= name_length else line.name[:name_length].rstrip()
    text = texts.lines[line.outcome].format(
        code=line.code,
        name=name,
        when=_moment(line.when, texts, zone),
        day=_day(line.when, texts, zone),
    )
    return " ".join(text.split()).replace(" :", " :" if name else ":").replace(" , ", ", ")


def _moment(when: datetime | None, texts: Texts, zone: ZoneInfo) -> str:
    return f"{_day(when, texts, zone)} {when.astimezone(zone):%H:%M}" if when else ""


def _day(when: datetime | None, texts: Texts, zone: ZoneInfo) -> str:
    if when is None:
        return ""
    local = when.astimezone(zone)
    weekday = texts.weekdays[local.weekday()]
    return texts.date.format(weekday=weekday, day=local.day, month=local.month)


def _briefly(lines: Sequence[Line], word: Callable[[Outcome], str]) -> str:
    """Return the codes by what became of them: `1 2 3: yes. 4: no`."""
    codes: dict[str, list[str]] = {}
    for line in lines:
        codes.setdefault(word(line.outcome), []).append(str(line.code))
    return ". ".join(f"{' '.join(each)}: {said}" for said, each in codes.items())


def _word(outcome: Outcome, texts: Texts) -> str:
    """Return what a line says after its code, up to the first comma."""
    words = texts.lines[outcome].replace("{name}", "").partition(":")[2]
    return words.partition(",")[0].strip(" .?")


def _plain(text: str) -> str:
    """Write letters that the 7-bit alphabet lacks without their accent, where that is all."""
    return "".join(letter if is_gsm(letter) else _without_accent(letter) for letter in text)


def _without_accent(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if is_gsm(base) else letter
