"""The `env` file: KEY=value lines as python-dotenv reads them, which `server.config` uses.

`${NAME}` is not replaced here: we read only what we wrote, and that never holds one.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from server.embedded.private_files import write_private

_BINDING = re.compile(
    r"""
    \s* (?: export [^\S\r\n]+ )?
    (?: '(?P<quoted_key>[^']+)' | (?P<key>[^=\#\s'][^=\#\s]*) )
    [^\S\r\n]* = [^\S\r\n]*
    (?: '(?P<single>(?:\\'|[^'])*)' | "(?P<double>(?:\\"|[^"])*)" | (?P<plain>(?!['"])[^\r\n]*) )
    [^\S\r\n]* (?: \# [^\r\n]* )? (?: \r\n | \n | \r | \Z )
    """,
    re.VERBOSE,
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+-]*")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def read_env(path: Path) -> dict[str, str]:
    """Return what the file at `path` sets; nothing when there is no such file."""
    try:
        return parse_env(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def parse_env(text: str) -> dict[str, str]:
    """Return the names and values in `text`; the last of two lines with one name counts."""
    return dict(_bindings(text))


def append_env(path: Path, values: Mapping[str, str], *, heading: str) -> None:
    """Add `values` below a comment to the file at `path`, keeping what stands there.

    Raises:
        ValueError: a value holds a character that would need quotes.
    """
    unsafe = [name for name, value in values.items() if not _PLAIN.fullmatch(value)]
    if unsafe:
        raise ValueError(f"values that need quotes: {', '.join(unsafe)}")
    try:
        before = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = ""
    if before and not before.endswith("\n"):
        before += "\n"
    lines = [f"# {heading}", *(f"{name}={value}" for name, value in values.items())]
    write_private(path, before + "\n".join(lines) + "\n")


def _bindings(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        found = _BINDING.match(text, position)
        if found is None:
            # A comment, a name alone, or a line nobody can read: the next one may be fine.
            rest = _LINE.match(text, position)
            position = rest.end() if rest else len(text)
            continue
        position = found.end()
        yield found["quoted_key"] or found["key"], _value(found)


def _value(found: re.Match[str]) -> str:
    if found["single"] is not None:
        return re.sub(r"\\([\\'])", r"\1", found["single"])
    if found["double"] is not None:
        return re.sub(r"\\([\\'\"abfnrtv])", lambda e: _ESCAPES.get(e[1], e[1]), found["double"])
    return re.sub(r"\s+#.*", "", found["plain"]).rstrip()
