"""Passwords that everybody tries first: a list beside the code, and one that the admin imports.

A list is a file of sorted prefixes, eight bytes each, of the SHA-1 of passwords: small, searched
without reading it whole, and made from the files that Have I Been Pwned gives out. Nothing is
asked of anybody outside. Of random passwords one in 10^10 is refused by mistake, with a list of
a thousand million.
"""

import asyncio
import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from server.config import home
from server.errors import BadInput, FieldError

WIDTH = 8
BUILT_IN = Path(__file__).with_name("common_passwords.sha1")
_HEX = 40


def imported_file() -> Path:
    """Return where `catchup passwords import` puts the admin's own list."""
    return home() / "breached_passwords.sha1"


async def refuse_breached(password: str, *, field: str) -> None:
    """Let nobody choose a password that is on a list.

    Raises:
        BadInput: `password_breached`; `field` is named.
    """
    if await asyncio.to_thread(is_breached, password):
        message = "is among those that attackers try first; choose another"
        raise BadInput(
            f"This password {message}.",
            code="password_breached",
            fields=[FieldError(field, "password_breached", message)],
        )


def is_breached(password: str) -> bool:
    """Say whether a password is on a list, as it is or in lower case. Reads from disk."""
    words = {password, password.lower(), unicodedata.normalize("NFKC", password).lower()}
    wanted = {digest(word.encode()) for word in words}
    return any(_find(file, wanted) for file in (BUILT_IN, imported_file()))


def digest(password: bytes) -> bytes:
    """Return what a list holds of a password."""
    return hashlib.sha1(password, usedforsecurity=False).digest()[:WIDTH]


def read_plain(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what a list holds of passwords that stand one on a line."""
    for line in lines:
        word = line.rstrip(b"\r\n")
        if word:
            yield digest(word)


def read_hashes(lines: Iterable[bytes], *, least_count: int) -> Iterator[bytes]:
    """Yield what a list holds of `SHA1:COUNT` lines that were seen `least_count` times or more.

    Raises:
        ValueError: a line is no such pair; it is named by its number.
    """
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        found, colon, count = text.partition(b":")
        if len(found) != _HEX or not colon or not count.isdigit():
            raise ValueError(f"line {number} is not SHA1:COUNT")
        try:
            prefix = bytes.fromhex(found.decode("ascii"))[:WIDTH]
        except ValueError:
            raise ValueError(f"line {number} is not SHA1:COUNT") from None
        if int(count) >= least_count:
            yield prefix


def write(prefixes: Iterable[bytes], target: Path) -> int:
    """Write a list, whole or not at all; return how many passwords it has.

    Raises:
        ValueError: `prefixes` do not come in order. OSError: the disk is full, for one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            count = _write(prefixes, file)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return count


def _write(prefixes: Iterable[bytes], file: IO[bytes]) -> int:
    last, count = b"", 0
    for prefix in prefixes:
        if prefix < last:
            raise ValueError("the hashes are not in order: take the file that is ordered by hash")
        if prefix != last:
            file.write(prefix)
            last, count = prefix, count + 1
    return count


def _find(path: Path, wanted: set[bytes]) -> bool:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return False
    with file:
        count = file.seek(0, os.SEEK_END) // WIDTH
        return any(_has(file, count, one) for one in wanted)


def _has(file: IO[bytes], count: int, wanted: bytes) -> bool:
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        file.seek(middle * WIDTH)
        found = file.read(WIDTH)
        if found == wanted:
            return True
        low, high = (middle + 1, high) if found < wanted else (low, middle)
    return False
