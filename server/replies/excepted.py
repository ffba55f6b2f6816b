"""`all but 2`: the codes that an answer for all leaves out. Pure (ADR 0030)."""

from collections.abc import Sequence
from dataclasses import replace

from server.replies.tokens import Sort, Token


def take_excepted(said: Sequence[Token]) -> tuple[list[Token], frozenset[int]]:
    """Return the tokens without their exceptions, and the codes of these.

    A "but" that excepts nothing (`1 yes but 2 no`) stays where it is.
    """
    kept: list[Token] = []
    excepted: set[int] = set()
    at = 0
    while at < len(said):
        end = _end_of_exception(said, at)
        excepted |= {number for token in said[at:end] for number in token.numbers}
        kept += [] if end > at else [said[at]]
        at = max(end, at + 1)
    return kept, frozenset(excepted)


def _end_of_exception(said: Sequence[Token], at: int) -> int:
    """Return where the exception that begins at `at` ends; `at` itself where none begins."""
    if said[at].sort is not Sort.BUT or all(token.sort is not Sort.ALL for token in said[:at]):
        return at
    end = at + 1
    while end < len(said) and said[end].sort in {Sort.NUMBER, Sort.BREAK}:
        end += 1
    is_named = said[end - 1].sort is Sort.NUMBER
    # In "all yes but 2 no" the 2 has a word of its own.
    has_own = any(token.verb for token in said[:at]) and any(token.verb for token in said[end:])
    return end if is_named and not has_own else at


def as_breaks(said: Sequence[Token]) -> list[Token]:
    """Return the tokens with each "but" as a break."""
    return [replace(token, sort=Sort.BREAK) if _is_but(token) else token for token in said]


def _is_but(token: Token) -> bool:
    return token.sort is Sort.BUT
