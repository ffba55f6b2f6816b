"""A digest in as few SMS as are worth reading; pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from server.lib.languages.language import Language
from server.messages.segments import count_segments, is_gsm

MOST_SEGMENTS = 4
"""What a digest may take, in either alphabet; what does not fit is left to mail and app."""
LONGEST_NAME = 30
LONGEST_REASON = 120

# Signs that one letter outside the 7-bit alphabet would make the whole text pay for twice.
_PLAIN = str.maketrans(
    {
        "„": '"', "“": '"', "”": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'",
        "–": "-", "—": "-", "‑": "-", "…": "...", "\u00a0": " ", "\u202f": " ", "•": "-",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brief:
    """One suggestion in few words."""

    code: int
    name: str
    way: str
    when: str
    why: str


def digest(briefs: Sequence[Brief], answers: str, language: Language) -> str:
    """Return a digest: with the reason of each where that fits, else without, else the first.

    `answers`: how to reply, with codes of this message.
    """
    reply = language.digest["how_sms"].format(answers=answers)
    with_reasons = fold("\n".join([*(_line(brief) for brief in briefs), reply]))
    if count_segments(with_reasons) <= MOST_SEGMENTS:
        return with_reasons
    for count in range(len(briefs), 0, -1):
        lines = [_line(brief, says_why=False) for brief in briefs[:count]]
        if count < len(briefs):
            lines.append(language.digest["more_sms"].format(more=len(briefs) - count))
        text = fold("\n".join([*lines, reply]))
        if count_segments(text) <= MOST_SEGMENTS:
            break
    return text


def fold(text: str) -> str:
    """Return a text in the 7-bit alphabet, where accents alone keep it from that; else as it is.

    `Zoë` becomes `Zoe`: one such letter would more than halve what fits in an SMS. A name in
    another script stays.
    """
    plain = text.translate(_PLAIN)
    folded = "".join(letter if is_gsm(letter) else _without_marks(letter) for letter in plain)
    return folded if is_gsm(folded) else plain


def _without_marks(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _line(brief: Brief, *, says_why: bool = True) -> str:
    name = _cut(brief.name, LONGEST_NAME)
    said = f"{brief.code} {name}: {brief.way} {brief.when}"
    return f"{said}. {_cut(brief.why, LONGEST_REASON)}" if says_why and brief.why else said


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."
