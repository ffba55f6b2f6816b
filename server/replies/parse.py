"""What a reply says: commands with their codes, or a sentence. Pure, and never raises (ADR 0030).

Whole words only: "know" is not "no". A message that holds any word that no command has is a
sentence, and none of it is carried out: "Noah said yes 1" accepts nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import takewhile

from server.replies import words
from server.replies.excepted import as_breaks, take_excepted
from server.replies.tokens import Sort, Token, tokens
from server.replies.words import Verb

SHORTEST_NOTE = 5
"""A closing of fewer words is a greeting or a name."""
MOST_CODES = 50


class Kind(StrEnum):
    """What a reply is as a whole."""

    COMMANDS = "commands"
    BARE = "bare"  # a verb without a code
    UNDO = "undo"
    HELP = "help"
    STOP = "stop"
    START = "start"
    THANKS = "thanks"
    REACTION = "reaction"  # a phone's "Liked “…”"
    EMPTY = "empty"
    UNCLEAR = "unclear"  # words of commands, but nobody can tell which belongs to which
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done with a suggestion; `days` goes with "later" only."""

    verb: Verb
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that was understood, or was not.

    `choices` by code; `every` is for all that are open but those `excepted`. A code of
    `contradictions` was given two different choices and stands nowhere else. `bare` is a choice
    without a code. `codes` are those of an undo. `has_note`: below its commands stands more than a
    greeting.
    """

    kind: Kind
    choices: dict[int, Choice] = field(default_factory=dict)
    every: Choice | None = None
    excepted: frozenset[int] = frozenset()
    contradictions: tuple[int, ...] = ()
    bare: Choice | None = None
    codes: tuple[int, ...] = ()
    has_note: bool = False


_REACTION = re.compile(
    r"\s*(?:(?:Liked|Disliked|Loved|Emphasized|Laughed at|Questioned|Removed an? \w+ from)"
    r"|\S{1,8} (?:to|a|zu))\s+[“\"„«].*[”\"“»]\s*",
    re.DOTALL | re.IGNORECASE,
)
_PARAGRAPH = re.compile(r"\n\s*\n")
_COMMAND_SORTS = frozenset({Sort.NUMBER, Sort.VERB, Sort.ALL, Sort.DAYS, Sort.UNDO})
_IGNORED = frozenset({Sort.SMALL, Sort.THANKS})


def parse(text: str) -> Reply:
    """Read a reply without quotes and signature.

    Commands stand at its beginning; a closing below a blank line may follow, as long as it has
    no word of a command.
    """
    stripped = text.strip()
    if _REACTION.fullmatch(stripped):
        return Reply(Kind.REACTION)
    whole = tokens(stripped)
    if whole is None:
        return Reply(Kind.NOTE)
    if set(stripped) == {"?"}:
        return Reply(Kind.HELP)
    if not whole:
        return Reply(Kind.THANKS if stripped else Kind.EMPTY)
    keyword = _keyword(whole)
    if keyword is not None:
        return Reply(keyword)
    found = _read(whole)
    if found.kind is not Kind.NOTE:
        return found
    return _read_first_paragraph(stripped)


def _read_first_paragraph(text: str) -> Reply:
    first, *closing = _PARAGRAPH.split(text, maxsplit=1)
    below = tokens(closing[0]) if closing else None
    if below is None or any(token.sort in _COMMAND_SORTS for token in below):
        return Reply(Kind.NOTE)
    found = _read(tokens(first) or [])
    if found.kind not in {Kind.COMMANDS, Kind.BARE, Kind.UNDO}:
        return Reply(Kind.NOTE)
    said = sum(token.sort is not Sort.BREAK for token in below)
    return replace(found, has_note=said >= SHORTEST_NOTE)


def _keyword(whole: Sequence[Token]) -> Kind | None:
    """Return what a message of one word is that carriers, or we, keep for ourselves."""
    said = [token for token in whole if token.text != ","]
    joined = "".join(token.text for token in said)
    if len(said) == 1 or joined in {"stopall", "optout"}:
        if joined in words.STOP:
            return Kind.STOP
        if joined in words.START:
            return Kind.START
    if len(said) == 1 and said[0].sort is Sort.HELP:
        return Kind.HELP
    return None


def _read(whole: Sequence[Token]) -> Reply:
    if any(token.sort in {Sort.OTHER, Sort.HELP} for token in whole):
        return Reply(Kind.NOTE)
    said = _without_idle([token for token in whole if token.sort not in _IGNORED])
    if said and Sort.BUT in (said[0].sort, said[-1].sort):
        return Reply(Kind.NOTE)  # "yes, but ..."
    sorts = {token.sort for token in said}
    if not sorts - {Sort.BREAK}:
        is_polite = any(token.sort is Sort.THANKS or token.text == "," for token in whole)
        return Reply(Kind.THANKS if is_polite else Kind.NOTE)
    if Sort.UNDO in sorts:
        return _read_undo(said)
    if _is_torn(said):
        return Reply(Kind.UNCLEAR)
    bare = _read_bare(said)
    if bare is not None:
        if bare.bare == Choice(Verb.YES) and _is_okay_thanks(whole):
            return Reply(Kind.THANKS)
        return bare
    kept, excepted = take_excepted(said)
    orders = _read_orders(kept)
    return Reply(Kind.UNCLEAR) if orders is None else _settle(orders, excepted)


def _without_idle(said: Sequence[Token]) -> list[Token]:
    """Drop breaks at the ends and doubled ones."""
    kept: list[Token] = []
    for token in said:
        if token.sort is Sort.BREAK and (not kept or kept[-1].sort is Sort.BREAK):
            continue
        kept.append(token)
    if kept and kept[-1].sort is Sort.BREAK:
        kept.pop()
    return kept


def _read_undo(said: Sequence[Token]) -> Reply:
    if any(token.sort not in {Sort.UNDO, Sort.ALL, Sort.NUMBER, Sort.BREAK} for token in said):
        return Reply(Kind.UNCLEAR)
    codes = sorted({number for token in said for number in token.numbers})
    return Reply(Kind.UNDO, codes=tuple(codes))


def _is_okay_thanks(whole: Sequence[Token]) -> bool:
    """Say whether this is an "ok, thanks" to what we said, and no answer to a question."""
    verbs = {token.text for token in whole if token.sort is Sort.VERB}
    return verbs <= {"ok", "okay"} and any(token.sort is Sort.THANKS for token in whole)


def _is_torn(said: Sequence[Token]) -> bool:
    """Say whether a word that is "and" here and "yes" there stands where it may be either."""
    verbs = {token.text for token in said if token.sort is Sort.VERB}
    for before, token, after in zip(said, said[1:], said[2:], strict=False):
        others = words.LINKING_VERBS.get(token.text, frozenset())
        if before.sort is after.sort is Sort.NUMBER and others & verbs:
            return True
    return False


def _read_bare(said: Sequence[Token]) -> Reply | None:
    """Read verbs without codes that all say the same; None for anything else."""
    sorts = {token.sort for token in said} - {Sort.BREAK}
    if not sorts <= {Sort.VERB, Sort.DAYS} or Sort.VERB not in sorts:
        return None
    verbs = {token.verb for token in said if token.verb is not None}
    days = [token.numbers[0] for token in said if token.sort is Sort.DAYS]
    if len(verbs) != 1 or len(days) > 1 or (days and verbs != {Verb.LATER}):
        return Reply(Kind.UNCLEAR)
    return Reply(Kind.BARE, bare=Choice(verbs.pop(), days[0] if days else None))


@dataclass(frozen=True, slots=True)
class _Order:
    choice: Choice
    codes: tuple[int, ...]
    is_for_all: bool


def _read_orders(said: Sequence[Token]) -> list[_Order] | None:
    """Read verbs with codes, across breaks where that fits, else piece by piece."""
    named = _days_named(as_breaks(said))
    if all(token.sort is not Sort.BUT for token in said):
        orders = _read_piece([token for token in named if token.sort is not Sort.BREAK])
        if orders is not None:
            return orders
    orders = []
    rest = list(named)
    while rest:
        piece = list(takewhile(lambda token: token.sort is not Sort.BREAK, rest))
        rest = rest[len(piece) + 1 :]
        read = _read_piece(piece)
        if read is None:
            return None
        orders += read
    return orders


def _days_named(said: Sequence[Token]) -> list[Token]:
    """Take the number in `2 later 5` for days: it ends its piece, whose code stands in front.

    In `yes 1 later 5` the code in front is another word's.
    """
    named = list(said)
    for at, token in enumerate(said):
        ends = at + 2 == len(said) or (at + 2 < len(said) and said[at + 2].sort is Sort.BREAK)
        if (
            token.verb is Verb.LATER
            and ends
            and said[at + 1].sort is Sort.NUMBER
            and at > 0
            and said[at - 1].sort in {Sort.NUMBER, Sort.ALL}
            and not _VERB_FIRST.search("".join(_LETTERS.get(each.sort, ",") for each in said[:at]))
        ):
            named[at + 1] = Token(Sort.DAYS, "", None, said[at + 1].numbers)
    return named


_VERB_FIRST = re.compile("(?:^|,)(?:v+n+)*v+n$")
_LETTERS = {Sort.NUMBER: "n", Sort.ALL: "n", Sort.VERB: "v", Sort.DAYS: "d"}
# `yes 1 2 no 3` and `1 2 yes 3 no`, as letters: one letter a token.
_SHAPES = (re.compile("v+d?n+d?"), re.compile("n+v+d?"))


def _read_piece(piece: Sequence[Token]) -> list[_Order] | None:
    """Read verbs all in front of their codes, or all behind; None for a mixture or half a one."""
    shape = "".join(_LETTERS[token.sort] for token in piece)
    for pattern in _SHAPES:
        if re.fullmatch(f"(?:{pattern.pattern})+", shape):
            orders = [_order(piece[slice(*found.span())]) for found in pattern.finditer(shape)]
            known = [order for order in orders if order is not None]
            return known if len(known) == len(orders) else None
    return None


def _order(said: Sequence[Token]) -> _Order | None:
    verbs = {token.verb for token in said if token.verb is not None}
    days = [token.numbers[0] for token in said if token.sort is Sort.DAYS]
    if len(verbs) != 1 or len(days) > 1 or (days and verbs != {Verb.LATER}):
        return None
    codes = tuple(token.numbers[0] for token in said if token.sort is Sort.NUMBER)
    is_for_all = any(token.sort is Sort.ALL for token in said)
    return _Order(Choice(verbs.pop(), days[0] if days else None), codes, is_for_all)


def _settle(orders: Sequence[_Order], excepted: frozenset[int]) -> Reply:
    """Bring orders together; a code that was given two different choices gets neither."""
    every = {order.choice for order in orders if order.is_for_all}
    by_code: dict[int, set[Choice]] = {}
    for order in orders:
        for code in order.codes:
            by_code.setdefault(code, set(every)).add(order.choice)
    if len(every) > 1 or len(by_code) > MOST_CODES or excepted & by_code.keys():
        return Reply(Kind.UNCLEAR)
    clear = {code: said for code, said in by_code.items() if len(said) == 1}
    return Reply(
        Kind.COMMANDS,
        choices={code: said.pop() for code, said in clear.items()},
        every=every.pop() if every else None,
        excepted=excepted,
        contradictions=tuple(sorted(by_code.keys() - clear.keys())),
    )
