"""Every SQL text in a module, read from its source: what is put together from constants, too.

A statement may have several texts (one for each branch), and holes where a part is only known
when it runs. Such parts are SQL texts of their own somewhere else, and read there.
"""

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product, takewhile
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

HOLE = " ⟨⟩ "
CALLS = frozenset({"fetch", "fetch_row", "fetch_value", "execute"})
MOST_TEXTS = 64
DEEPEST = 6

Names = Mapping[str, Sequence[str]]
"""The texts that a local name may stand for."""


@dataclass(frozen=True)
class Statement:
    """One call of server.db: its texts, and the source of each value up to the first `*`."""

    function: str
    texts: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Copy:
    """One call of `insert_rows`: table and columns."""

    function: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Fragment:
    """A text that is no statement by itself."""

    function: str
    text: str


class Module:
    """The SQL of one module of the tree."""

    def __init__(self, path: Path, name: str) -> None:
        self._tree = ast.parse(path.read_text())
        self._module = importlib.import_module(name)

    def statements(self) -> Iterator[Statement]:
        """Yield every call of `db.fetch`, `fetch_row`, `fetch_value` and `execute`."""
        for function, call in self._calls(CALLS):
            names = _locals(function, self._module)
            texts = tuple(_texts(call.args[0], names, self._module))
            plain = takewhile(lambda value: not isinstance(value, ast.Starred), call.args[1:])
            yield Statement(function.name, texts, tuple(map(ast.unparse, plain)))

    def copies(self) -> Iterator[Copy]:
        """Yield every call of `db.insert_rows`."""
        for function, call in self._calls(frozenset({"insert_rows"})):
            names = _locals(function, self._module)
            columns = eval(  # the module's own constants
                compile(ast.Expression(call.args[1]), "columns", "eval"), dict(vars(self._module))
            )
            for table in _texts(call.args[0], names, self._module):
                yield Copy(function.name, table, tuple(columns))

    def fragments(self) -> Iterator[Fragment]:
        """Yield every other text; what stands inside another is part of it."""
        for function, node in _outermost_texts(self._tree):
            names = _locals(function, self._module) if function else {}
            for text in _texts(node, names, self._module):
                yield Fragment(function.name if function else "the module", text)

    def _calls(self, wanted: frozenset[str]) -> Iterator[tuple[ast.AsyncFunctionDef, ast.Call]]:
        for function in ast.walk(self._tree):
            if isinstance(function, ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and _is_db(node, wanted):
                        yield function, node


def _is_db(call: ast.Call, wanted: frozenset[str]) -> bool:
    called = call.func
    return (
        isinstance(called, ast.Attribute)
        and called.attr in wanted
        and isinstance(called.value, ast.Name)
        and called.value.id == "db"
    )


def _outermost_texts(tree: ast.Module) -> Iterator[tuple[Any, ast.expr]]:
    todo: list[tuple[Any, ast.AST]] = [(None, tree)]
    while todo:
        function, node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            yield function, node
            continue
        children: list[ast.AST] = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Call) and _is_db(node, CALLS):
            children.remove(node.args[0])
        todo.extend((function, child) for child in children)


def _locals(function: Any, module: ModuleType) -> dict[str, list[str]]:
    """Return what the names of a function may stand for: assigned once, or gone through."""
    names: dict[str, list[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names.setdefault(node.targets[0].id, []).extend(_texts(node.value, names, module))
        elif (
            isinstance(node, ast.For | ast.comprehension)
            and isinstance(node.target, ast.Name)
            and isinstance(node.iter, ast.Tuple | ast.List)
        ):
            each = [text for item in node.iter.elts for text in _texts(item, names, module)]
            names.setdefault(node.target.id, []).extend(each)
    return names


def _texts(node: ast.expr, names: Names, module: ModuleType, depth: int = 0) -> list[str]:  # noqa: C901  # one line each
    """Return the texts that an expression may be; a hole where only a run can tell."""
    match node:
        case ast.Constant(value=str() | int() as value):
            return [str(value)]
        case ast.JoinedStr():
            return _joined(node.values, names, module, depth)
        case ast.FormattedValue():
            return _texts(node.value, names, module, depth)
        case ast.BinOp(op=ast.Add()):
            return _joined([node.left, node.right], names, module, depth)
        case ast.IfExp():
            both = (_texts(part, names, module, depth) for part in (node.body, node.orelse))
            return [text for texts in both for text in texts]
        case ast.List() | ast.Tuple():  # of conditions
            parts = [part for one in node.elts for part in (one, ast.Constant(" AND "))]
            return _joined(parts[:-1], names, module, depth)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=" AND "), attr="join")):
            return _texts(node.args[0], names, module, depth)
        case ast.Name() if node.id in names:
            return list(names[node.id]) or [HOLE]
        case ast.Name() | ast.Attribute():
            return _constant(_found(node, module))
        case ast.Call() if depth < DEEPEST:
            called = _found(node.func, module)
            if isinstance(called, FunctionType) and called.__module__.startswith("server."):
                return _returned(node, called, names, module, depth)
    return [HOLE]


def _joined(parts: Sequence[ast.expr], names: Names, module: ModuleType, depth: int) -> list[str]:
    choices = [_texts(part, names, module, depth) for part in parts]
    return ["".join(choice) for choice in islice(product(*choices), MOST_TEXTS)]


def _found(node: ast.expr, module: ModuleType) -> Any:
    if isinstance(node, ast.Name):
        return getattr(module, node.id, None)
    if isinstance(node, ast.Attribute):
        return getattr(_found(node.value, module), node.attr, None)
    return None


def _constant(value: Any) -> list[str]:
    return [str(value)] if isinstance(value, str | int) else [HOLE]


def _returned(
    call: ast.Call, called: FunctionType, names: Names, module: ModuleType, depth: int
) -> list[str]:
    """Return what a function of ours may return for the texts it is called with."""
    home = importlib.import_module(called.__module__)
    (function,) = ast.parse(inspect.getsource(called)).body
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    given = {
        parameter.arg: _texts(value, names, module, depth + 1)
        for parameter, value in zip(function.args.args, call.args, strict=False)
    }
    known = {**_locals(function, home), **given}
    returned = [
        text
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and node.value is not None
        for text in _texts(node.value, known, home, depth + 1)
    ]
    return returned[:MOST_TEXTS] or [HOLE]
