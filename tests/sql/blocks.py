"""SQL text as blocks: which tables of member data each query in a statement mentions."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\$\d+|[A-Za-z_]\w*|\d+|⟨⟩|::|[<>!=]=?|[^\s]")
UNKNOWN = "⟨⟩"
"""A table whose name only a run can tell: it is taken for one of member data."""
STARTS = frozenset({"select", "with", "insert", "update", "delete", "values"})
_COMBINES = frozenset({"union", "except", "intersect"})
FILTERS = frozenset({"where", "on"})
CLAUSES = FILTERS | {
    "select", "from", "join", "left", "right", "full", "inner", "cross", "set", "returning",
    "group", "order", "having", "limit", "offset", "values", "for", "insert", "update", "delete",
    "using", "window", "conflict", "with",
}  # fmt: skip
_NO_ALIAS = CLAUSES | {"as", "and", "or", "natural", "union", "only", "lateral", "default"}

Tokens = Sequence["str | Block"]


@dataclass(eq=False)
class Table:
    """One mention of a table of member data."""

    name: str
    alias: str
    is_held: bool = False


@dataclass(eq=False)
class Block:
    """One SELECT, INSERT, UPDATE or DELETE; those inside it stand among its tokens."""

    tokens: list["str | Block"]
    tables: list[Table] = field(default_factory=list)
    named: dict[str, list["Block"]] = field(default_factory=dict)
    """Derived tables and WITH queries, by alias."""


def read(sql: str, tables: frozenset[str]) -> list[Block]:
    """Read a statement, or a part of one, into its blocks; several where UNION combines them."""
    tokens = [t.lower() for t in _TOKEN.findall(sql) if not t.startswith("--")]
    blocks = _blocks(_nested(iter(tokens)))
    for block in blocks:
        _note_tables(block, tables)
    return blocks


def _nested(tokens: Iterator[str]) -> list["str | Block"]:
    """Read up to the closing bracket; brackets that hold a query become blocks."""
    found: list[str | Block] = []
    for token in tokens:
        if token == ")":
            break
        if token != "(":
            found.append(token)
            continue
        inner = _nested(tokens)
        if inner and isinstance(inner[0], str) and inner[0] in STARTS:
            found.extend(_joined(_blocks(inner)))
        else:
            found.extend(["(", *inner, ")"])
    return found


def _joined(blocks: list[Block]) -> Iterator["str | Block"]:
    for number, block in enumerate(blocks):
        if number:
            yield "union"
        yield block


def _blocks(tokens: Tokens) -> list[Block]:
    """Split at UNION and the like, outside of brackets."""
    parts: list[list[str | Block]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token, 0) if isinstance(token, str) else 0
        if isinstance(token, str) and token in _COMBINES and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [Block(part) for part in parts]


def _inner(block: Block) -> Iterator[Block]:
    return (token for token in block.tokens if isinstance(token, Block))


def all_blocks(block: Block) -> Iterator[Block]:
    yield block
    for inner in _inner(block):
        yield from all_blocks(inner)


def walk(block: Block, outer: tuple[Block, ...] = ()) -> Iterator[tuple[Block, tuple[Block, ...]]]:
    yield block, outer
    for inner in _inner(block):
        yield from walk(inner, (*outer, block))


def _note_tables(block: Block, tables: frozenset[str]) -> None:
    tokens = block.tokens
    for at, token in enumerate(tokens):
        if isinstance(token, Block):
            _note_tables(token, tables)
            _note_derived(block, at)
        elif (token in tables or token == UNKNOWN) and _is_mention(tokens, at):
            table = Table(token, alias_of(tokens, at))
            table.is_held = _is_inserted_with_owner(tokens, at)
            block.tables.append(table)


def _note_derived(block: Block, at: int) -> None:
    """Name a derived table by the alias behind it, or a WITH query by the name before it."""
    tokens, inner = block.tokens, block.tokens[at]
    assert isinstance(inner, Block)
    before = [t for t in tokens[max(0, at - 4) : at] if t not in {"not", "materialized"}]
    if len(before) >= 2 and before[-1] == "as" and isinstance(before[-2], str):
        block.named.setdefault(before[-2], []).append(inner)
    behind = [t for t in tokens[at + 1 :] if t != ")"]
    while len(behind) >= 2 and behind[0] == "union" and isinstance(behind[1], Block):
        behind = [t for t in behind[2:] if t != ")"]
    if behind and behind[0] == "as" and len(behind) > 1 and isinstance(behind[1], str):
        block.named.setdefault(behind[1], []).append(inner)


def _is_mention(tokens: Tokens, at: int) -> bool:
    """Say whether a table's name is one here: behind FROM, JOIN, INTO, UPDATE, or their commas."""
    back = at - 1
    while back >= 0 and tokens[back] in {"(", "only", "lateral"}:
        back -= 1
    if back < 0:
        return False
    before = tokens[back]
    if before == "update":
        return back == 0 or tokens[back - 1] not in {"for", "key", "do"}
    if before == ",":
        return _clause(tokens, back) == "from"
    return before in {"from", "join", "into", "using"}


def _clause(tokens: Tokens, at: int) -> str | None:
    depth = 0
    for token in reversed(tokens[:at]):
        if isinstance(token, Block):
            continue
        depth += {")": 1, "(": -1}.get(token, 0)
        if depth < 0:
            return None
        if depth == 0 and token in CLAUSES:
            return token
    return None


def alias_of(tokens: Tokens, at: int) -> str:
    behind = [t for t in tokens[at + 1 : at + 3] if t != "as"]
    word = behind[0] if behind else None
    if isinstance(word, str) and word.isidentifier() and word not in _NO_ALIAS:
        return word
    return str(tokens[at])


def _is_inserted_with_owner(tokens: Tokens, at: int) -> bool:
    if tokens[at - 1] != "into" or "(" not in tokens[at : at + 5]:
        return False
    start = list(tokens).index("(", at)
    end = list(tokens).index(")", start)
    return "household_id" in tokens[start:end] or tokens[at] == "households"
