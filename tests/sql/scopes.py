"""Whether a statement can reach another household's rows: each table in it has to be held.

A table of member data is held when a condition that always applies names its household or user,
or ties its id to a row that is held: composite keys keep such a row in the same household. What
may be seen inside a household is not looked at here (tests/test_isolation.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.sql.blocks import (
    CLAUSES,
    FILTERS,
    STARTS,
    Block,
    Table,
    Tokens,
    alias_of,
    all_blocks,
    read,
    walk,
)

_OWNERS = frozenset({"household_id", "user_id"})

Column = tuple[str | None, str]
"""Alias, where there is one, and name."""


@dataclass(frozen=True)
class _Condition:
    """Tokens that must be true of every row; `only` is the one table that they can hold."""

    tokens: Tokens
    only: str | None


@dataclass(frozen=True)
class _AnyOf:
    """Ways of which each row goes one, each a number of conditions."""

    ways: list[list["_Condition | _AnyOf"]]


_Met = _Condition | _AnyOf


def unheld(sql: str, tables: frozenset[str], *, is_fragment: bool = False) -> list[str]:
    """Return the tables of member data in `sql` that nothing holds, each by name and alias.

    A fragment stands inside a statement that is read for itself, so what it names from outside
    is held there.
    """
    blocks = read(sql, tables)
    inside = [each for top in blocks for each in walk(top)]
    while sum(_hold(block, outer, is_fragment) for block, outer in inside):
        pass  # what is held now may hold others
    return [
        f"{table.name} {table.alias}"
        for block, _ in inside
        for table in block.tables
        if not table.is_held
    ]


def _conditions(block: Block) -> Iterator[_Met]:
    """Yield what WHERE and ON say of every row of the block."""
    clause: str | None = None if block.tokens and block.tokens[0] in STARTS else "where"
    only: str | None = None
    joins_left = False
    around: list[bool] = []
    part: list[str | Block] = []
    for at, token in enumerate([*block.tokens, "limit"]):
        if isinstance(token, str):
            is_ours = not around or _is_joined_bracket(block.tokens, at)
            if token == "(":
                around.append(joins_left)
            elif token == ")" and around:
                joins_left, only = around.pop(), None
            if token in CLAUSES and is_ours:
                yield from _split(part, only if clause == "on" and joins_left else None)
                part = []
                if token in {"left", "right", "full"}:
                    joins_left = True
                elif token == "join":
                    joins_left = joins_left and block.tokens[at - 1] in {"left", "outer", "full"}
                    only = None
                clause = token
                continue
        if clause == "join" and only is None and isinstance(token, str) and token.isidentifier():
            only = alias_of(block.tokens, at)
        if clause in FILTERS:
            part.append(token)


def _is_joined_bracket(tokens: Tokens, at: int) -> bool:
    """Say whether a clause word inside brackets belongs to a join in brackets: FROM (a JOIN b)."""
    if at >= len(tokens) or tokens[at] not in {"join", "left", "on", "cross", "inner"}:
        return False
    depth = 0
    for back in range(at - 1, -1, -1):
        token = tokens[back]
        depth += {")": 1, "(": -1}.get(token, 0) if isinstance(token, str) else 0
        if depth < 0:
            return back > 0 and tokens[back - 1] in {"from", "join"}
    return False


def _split(part: list["str | Block"], only: str | None) -> Iterator[_Met]:
    part = _without_outer_brackets(part)
    ways = _parts_between(part, "or")
    if len(ways) > 1:
        yield _AnyOf([list(_split(way, only)) for way in ways])
        return
    for piece in _parts_between(part, "and"):
        if _without_outer_brackets(piece) != piece:
            yield from _split(piece, only)
        elif piece and piece[0] not in {"not", "case"}:
            yield _Condition(piece, only)


def _parts_between(part: list["str | Block"], word: str) -> list[list["str | Block"]]:
    """Split at AND or OR outside of brackets; the AND of BETWEEN is taken for another, too."""
    parts: list[list[str | Block]] = [[]]
    depth = 0
    for token in part:
        if isinstance(token, str):
            depth += {"(": 1, ")": -1}.get(token, 0)
            if token == word and depth == 0:
                parts.append([])
                continue
        parts[-1].append(token)
    return parts


def _without_outer_brackets(part: list["str | Block"]) -> list["str | Block"]:
    """Take off a pair of brackets around all of it, and closing ones that nothing here opened."""
    depth, kept = 0, []
    for token in part:
        if token == ")" and depth == 0:
            break
        depth += {"(": 1, ")": -1}.get(token, 0) if isinstance(token, str) else 0
        kept.append(token)
    if kept[:1] == ["("]:
        depth = 0
        for at, token in enumerate(kept):
            depth += {"(": 1, ")": -1}.get(token, 0) if isinstance(token, str) else 0
            if depth == 0:
                return _without_outer_brackets(kept[1:-1]) if at == len(kept) - 1 else kept
    return kept


def _hold(block: Block, outer: tuple[Block, ...], free: bool) -> bool:
    """Mark the tables that a condition holds; say whether one is new."""
    found = [
        table
        for met in _conditions(block)
        for table in _held_by(met, block, outer, free)
        if not table.is_held
    ]
    for table in found:
        table.is_held = True
    return bool(found)


def _held_by(met: _Met, block: Block, outer: tuple[Block, ...], free: bool) -> set[Table]:
    if isinstance(met, _AnyOf):
        each = [
            {table for one in way for table in _held_by(one, block, outer, free)}
            for way in met.ways
        ]
        return set.intersection(*each)
    return {
        table
        for (alias, column), other in _sides(met.tokens)
        for table in block.tables
        if (table.alias == alias if alias else len(block.tables) == 1)
        and met.only in (None, table.alias)
        and _holds(table, column, other, block, outer, free)
    }


def _sides(tokens: Tokens) -> list[tuple[Column, Tokens]]:
    """Read `a.b = …` or `a.b IN (…)` as what it says of a column, on either side."""
    words = list(tokens)
    if "=" in words:
        at = words.index("=")
        pairs = [(words[:at], words[at + 1 :]), (words[at + 1 :], words[:at])]
    elif "in" in words and "not" not in words:
        at = words.index("in")
        pairs = [(words[:at], words[at + 1 :])]
    else:
        return []
    return [(column, other) for side, other in pairs if (column := _column(side)) is not None]


def _column(tokens: Tokens) -> Column | None:
    if len(tokens) == 1 and isinstance(tokens[0], str) and tokens[0].isidentifier():
        return None, tokens[0]
    if len(tokens) == 3 and tokens[1] == ".":
        return str(tokens[0]), str(tokens[2])
    return None


def _holds(
    table: Table, column: str, other: Tokens, block: Block, outer: tuple[Block, ...], free: bool
) -> bool:
    theirs = _column(other)
    owner = column in _OWNERS or (table.name == "users" and column == "id")
    if theirs is not None and (alias := theirs[0]) is not None:
        name = theirs[1]
        if not (name == "id" or name.endswith("_id")):
            return False
        held = _is_held(alias, (*outer, block), free)
        # Of what is no table of ours (unnest, VALUES) only the owner counts: ids may be anyone's.
        return held or (held is None and owner and name in {*_OWNERS, "id"})
    blocks = [part for part in other if isinstance(part, Block)]
    if column == "id" or column.endswith("_id"):
        if blocks:
            return all(_is_wholly_held(each) for each in blocks)
        return owner and any(isinstance(part, str) and part.startswith("$") for part in other)
    return False


def _is_held(alias: str, blocks: tuple[Block, ...], free: bool) -> bool | None:
    """Say whether what an alias stands for is held; None for what is no table of ours."""
    for block in reversed(blocks):
        for table in block.tables:
            if table.alias == alias:
                return table.is_held
        if alias in block.named:
            inner = block.named[alias]
            if any(_mentions(each) for each in inner):
                return all(_is_wholly_held(each) for each in inner)
            return None
    return True if free else None


def _mentions(block: Block) -> bool:
    return any(each.tables for each in all_blocks(block))


def _is_wholly_held(block: Block) -> bool:
    return _mentions(block) and all(
        table.is_held for each in all_blocks(block) for table in each.tables
    )
