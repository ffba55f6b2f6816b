"""A reply cut into what matters of it: numbers, words that mean something, and all the rest."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from server.lib.texts import search_key
from server.replies import words
from server.replies.words import Verb

MOST_TOKENS = 200
"""Whoever writes more than this has written a letter."""
MOST_IN_RANGE = 20
_LONGEST_NUMBER = 4


class Sort(StrEnum):
    """What a token is. `OTHER` is anything that no command has."""

    NUMBER = "number"
    VERB = "verb"
    ALL = "all"
    DAYS = "days"
    UNIT = "unit"
    BREAK = "break"
    BUT = "but"
    SMALL = "small"
    THANKS = "thanks"
    UNDO = "undo"
    HELP = "help"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is folded; `numbers` are codes, or one number of days."""

    sort: Sort
    text: str
    verb: Verb | None = None
    numbers: tuple[int, ...] = ()


# Variation selectors, skin tones, the keycap and the joiner only say how a sign is drawn.
_DRAWN = re.compile("[\ufe0e\ufe0f\u20e3\u200d\U0001f3fb-\U0001f3ff]")
_RANGE = re.compile(
    r"(?<![\w.,:/])(\d{1,4})(?: ?[-\u2010-\u2015] ?| (?:to|bis|through) )(\d{1,4})"
    r"(?![\w:/]|[.,]\d)",
    re.IGNORECASE,
)
# A time, a date, a price, a share, a phone number, an address: numbers that are no codes.
_NO_CODE = re.compile(
    r"\d+[:./]\d|[$€£¥₹]\s?\d|\d\s?[%$€£¥₹°]|\+\d{2}|\d{5}|\w@\w|https?:|www\.|\bno ?\. ?\d",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
_OTHER = " x "
"""In the place of a number: a word that no command has."""
_BREAKS = frozenset("\n,;.!?&+|、。，；،؛۔।…")
_APOSTROPHE = re.compile("['’ʼ]")


def tokens(text: str) -> list[Token] | None:
    """Cut `text` up; None when it is too long for a command. Never raises.

    Digits of every script are numbers. A range (`1-3`, `1 to 3`) is its numbers. A text with a
    number that is no code has no numbers, and is no command.
    """
    plain = _DRAWN.sub("", unicodedata.normalize("NFKC", text))
    if _NO_CODE.search(plain):
        plain = _NUMBER.sub(_OTHER, plain) + _OTHER
    pieces = []
    for piece in _pieces(_RANGE.sub(_spelt_range, plain)):
        pieces.append(piece)
        if len(pieces) > MOST_TOKENS:
            return None
    return _with_days(_named(_with_phrases(pieces)))


def _spelt_range(found: re.Match[str]) -> str:
    first, last = int(found[1]), int(found[2])
    if first < last < first + MOST_IN_RANGE:
        return " ".join(str(number) for number in range(first, last + 1))
    return found[0]


def _pieces(text: str) -> Iterator[str]:
    """Yield words, numbers, breaks and emoji that we know; other signs say nothing."""
    start, kind = 0, ""
    for at, character in enumerate(f"{text} "):
        now = _kind(character)
        if now == "apostrophe":
            now = kind if kind == "word" else ""
        if now == kind and now in {"word", "digit"}:
            continue
        if kind in {"word", "digit"}:
            yield text[start:at]
        start, kind = at, now
        if now == "break":
            yield ","
        elif character in words.EMOJI:
            yield character


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LM":
        return "word"
    if category == "Nd":
        return "digit"
    if character in _BREAKS:
        return "break"
    return "apostrophe" if _APOSTROPHE.match(character) else ""


def _phrases() -> dict[tuple[str, ...], Token]:
    found = {
        _cut(phrase): Token(Sort.VERB, phrase, verb)
        for verb, phrases in words.PHRASES.items()
        for phrase in phrases
    }
    for days, phrases in words.DAYS_PHRASES.items():
        found |= {_cut(phrase): Token(Sort.DAYS, phrase, None, (days,)) for phrase in phrases}
    found |= {_cut(phrase): Token(Sort.UNDO, phrase) for phrase in words.UNDO_PHRASES}
    return found | {_cut(phrase): Token(Sort.THANKS, phrase) for phrase in words.THANKS_PHRASES}


def _cut(phrase: str) -> tuple[str, ...]:
    return tuple(search_key(word) for word in phrase.split())


_PHRASES = _phrases()
_LONGEST_PHRASE = max(map(len, _PHRASES))


def _with_phrases(pieces: Sequence[str]) -> Iterator[str | Token]:
    """Yield the folded pieces; several that make a phrase are one token."""
    folded = [search_key(_APOSTROPHE.sub("'", piece).strip("'")) for piece in pieces]
    at = 0
    while at < len(folded):
        for length in range(min(_LONGEST_PHRASE, len(folded) - at), 1, -1):
            phrase = _PHRASES.get(tuple(folded[at : at + length]))
            if phrase is not None:
                yield phrase
                at += length
                break
        else:
            yield folded[at] or pieces[at]
            at += 1


def _named(pieces: Iterator[str | Token]) -> Iterator[Token]:
    for piece in pieces:
        yield piece if isinstance(piece, Token) else _name(piece)


_SORTS: tuple[tuple[Sort, frozenset[str]], ...] = (
    (Sort.ALL, words.ALL),
    (Sort.BREAK, words.LINKS | {","}),
    (Sort.BUT, words.BUT),
    (Sort.UNIT, frozenset(words.UNITS)),
    (Sort.THANKS, words.THANKS),
    (Sort.SMALL, words.SMALL),
    (Sort.UNDO, words.UNDO),
    (Sort.HELP, words.HELP),
)


def _name(piece: str) -> Token:
    verb = words.VERBS.get(piece) or words.EMOJI.get(piece)
    if verb is not None:
        return Token(Sort.VERB, piece, verb)
    if piece[0].isdecimal():
        if len(piece) > _LONGEST_NUMBER:
            return Token(Sort.OTHER, piece)
        return Token(Sort.NUMBER, piece, None, (int(piece),))
    if piece in words.TOMORROW:
        return Token(Sort.DAYS, piece, None, (1,))
    sort = next((sort for sort, known in _SORTS if piece in known), Sort.OTHER)
    return Token(sort, piece)


def _with_days(found: Iterator[Token]) -> list[Token]:
    """Join a number and its unit to days; a unit by itself is a word like any other."""
    joined: list[Token] = []
    for token in found:
        if token.sort is not Sort.UNIT:
            joined.append(token)
        elif joined and joined[-1].sort is Sort.NUMBER:
            number = joined.pop().numbers[0]
            days = number * words.UNITS[token.text]
            joined.append(Token(Sort.DAYS, token.text, None, (days,)))
        else:
            joined.append(replace(token, sort=Sort.OTHER))
    return joined
