"""What a search looks for: which words, and how many typing errors each may have."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from server.contacts.rules import search_words

# A word outside these lengths is found as it is typed or not at all: two letters with an error
# could mean anybody, and nobody's name has a word longer than this.
SHORTEST_MISTYPED = 3
LONGEST_MISTYPED = 40
# From so many letters on a word may have two errors.
TWO_ERRORS_FROM = 7
# An exchange in a longer word leaves enough of it to be found by what is left.
LONGEST_EXCHANGED = 6
# Each such word costs a look into the index; nobody types more of a name than this.
MOST_MISTYPED = 6


@dataclass(frozen=True, slots=True)
class SoughtWord:
    """A folded word, and what else is taken for it.

    `errors` is how many letters may be wrong, missing or too many (0: none). With
    `only_missing` a letter may be missing, nothing else: three letters say too little to lose
    one. `exchanged` are its spellings with two neighbours the right way round.
    """

    text: str
    errors: int = 0
    only_missing: bool = False
    exchanged: tuple[str, ...] = ()


def sought_words(text: str) -> tuple[SoughtWord, ...]:
    """Return what each contact found must have; nothing for a search without words.

    A word that is part of another one is left out: the other one says it. Numbers are exact.
    """
    words = sorted(set(search_words(text)), key=lambda word: (-len(word), word))
    longest = [word for i, word in enumerate(words) if not any(word in w for w in words[:i])]
    mistyped = [word for word in longest if _may_be_mistyped(word)][:MOST_MISTYPED]
    return tuple(_sought(word) if word in mistyped else SoughtWord(word) for word in longest)


def is_indexed(word: str) -> bool:
    """Say whether trigrams can find a word: it has three letters or digits in a row.

    For any other the index would be read as a whole.
    """
    run = 0
    for character in word:
        run = run + 1 if unicodedata.category(character)[0] in "LMN" else 0
        if run == 3:
            return True
    return False


def may_be_mistyped(words: Sequence[SoughtWord]) -> bool:
    """Say whether any word may be found with an error."""
    return any(word.errors for word in words)


def _may_be_mistyped(word: str) -> bool:
    return (
        SHORTEST_MISTYPED <= len(word) <= LONGEST_MISTYPED
        and all(map(_is_of_a_word, word))
        and is_indexed(word)
    )


def _is_of_a_word(character: str) -> bool:
    """Say whether it is a letter, a vowel sign, or what joins the parts of a name."""
    return character in "'’-" or unicodedata.category(character)[0] in "LM"


def _sought(word: str) -> SoughtWord:
    return SoughtWord(
        word,
        errors=2 if len(word) >= TWO_ERRORS_FROM else 1,
        only_missing=len(word) == SHORTEST_MISTYPED,
        exchanged=_exchanged(word) if len(word) <= LONGEST_EXCHANGED else (),
    )


def _exchanged(word: str) -> tuple[str, ...]:
    others = (
        f"{word[:i]}{right}{left}{word[i + 2 :]}"
        for i, (left, right) in enumerate(pairwise(word))
        if left != right
    )
    return tuple(other for other in others if is_indexed(other))
