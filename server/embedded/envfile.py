"""The `env` file: KEY=value lines, read by the same parser that reads them for `server.config`."""

import re
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from server.embedded.private_files import write_private

_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_./:@%+-]+")


def read_env(path: Path) -> dict[str, str]:
    """Return what the file at `path` sets; nothing when there is no such file."""
    values = dotenv_values(path, encoding="utf-8")
    return {name: value for name, value in values.items() if value is not None}


def append_env(path: Path, values: Mapping[str, str], *, heading: str) -> None:
    """Add `values` below a comment to the file at `path`, keeping what stands there.

    Raises:
        ValueError: a value holds a character that would need quotes.
    """
    unsafe = [name for name, value in values.items() if not _NEEDS_NO_QUOTES.fullmatch(value)]
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


def rename_env(path: Path, name: str, new_name: str) -> None:
    """Let the value of `name` be that of `new_name`, whose own is dropped; all else stays.

    Raises:
        OSError: there is no such file, or it cannot be written.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not _sets(line, new_name)]
    renamed = [
        f"{new_name}={line.partition('=')[2]}" if _sets(line, name) else line for line in kept
    ]
    write_private(path, "\n".join(renamed) + "\n")


def _sets(line: str, name: str) -> bool:
    return line.partition("=")[0].removeprefix("export ").strip() == name
