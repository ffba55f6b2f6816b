"""What a migration would lock, read from its source; an estimate, and a cautious one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Lock = Literal["none", "writes", "all"]

BYTES_PER_S = 40 * 2**20
"""What a small machine rewrites or indexes in a second."""
LEAST_S = 0.1

_ID = re.compile(r'^ID = "([^"]+)"$', re.MULTILINE)
_TITLE = re.compile(r'^"""(.+?)\.?(?:"""|\n)')
_ALTERED = re.compile(r"\b(?:ALTER|DROP)\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(\w+)")
_WRITTEN = re.compile(
    r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)\w+\s+ON\s+(\w+)"
    r"|\bUPDATE\s+(\w+)\s+SET|\bDELETE\s+FROM\s+(\w+)"
    r"|\bCREATE\s+TRIGGER\s+\w+\s[^;]*?\sON\s+(\w+)"
)
_PICCOLO = re.compile(r'tablename="(\w+)"')


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration as its source tells: the tables that it locks, and how."""

    id: str
    description: str
    altered: frozenset[str]
    written: frozenset[str]


def read(source: str) -> Migration | None:
    """Read a migration's source; None where it has no ID."""
    name = _ID.search(source)
    if name is None:
        return None
    title = _TITLE.search(source)
    forward = source.partition("async def revert")[0]
    written = {found for match in _WRITTEN.findall(forward) for found in match if found}
    return Migration(
        name.group(1),
        title.group(1) if title else "",
        frozenset(_ALTERED.findall(forward)) | frozenset(_PICCOLO.findall(source)),
        frozenset(written),
    )


def lock_of(migration: Migration, existing: Iterable[str]) -> Lock:
    """Say what waits: only tables that are there already can be waited for."""
    there = set(existing)
    if migration.altered & there:
        return "all"
    return "writes" if migration.written & there else "none"


def seconds(size_bytes: int) -> float:
    """Estimate how long a table of this size is locked, when all of it is rewritten."""
    return round(max(LEAST_S, size_bytes / BYTES_PER_S), 1)
