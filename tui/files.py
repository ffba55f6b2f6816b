"""Files of one's own: exports, pictures and what is too long to copy. Mode 0600."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from pydantic import BaseModel


def export(name: str, value: object, *, now: datetime) -> Path:
    """Write `value` as JSON into the home folder; return where. Raises OSError."""
    text = json.dumps(value, default=_plain, indent=2, ensure_ascii=False)
    return write(name, "json", text + "\n", now=now)


def write(name: str, ending: str, text: str, *, now: datetime) -> Path:
    """Write text into a file as `new` makes it. Raises OSError."""
    with new(name, ending, now=now) as (path, file):
        file.write(text.encode(errors="replace"))
    return path


@contextmanager
def new(name: str, ending: str, *, now: datetime) -> Iterator[tuple[Path, BinaryIO]]:
    """Make a file `catchup-NAME-TIME.ENDING`, that only its owner reads; gone if that fails.

    Raises OSError.
    """
    path, descriptor = _made(name, ending, now)
    with ExitStack() as undo:
        undo.callback(path.unlink)
        with os.fdopen(descriptor, "wb") as file:
            yield path, file
        undo.pop_all()


def _made(name: str, ending: str, now: datetime) -> tuple[Path, int]:
    stem = f"catchup-{name}-{now:%Y%m%d-%H%M%S}"
    for number in range(1000):
        path = Path.home() / f"{stem}{f'-{number}' if number else ''}.{ending}"
        try:
            # Never over a file, or through a link, that is there.
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
    raise FileExistsError(17, "too many files of this second", str(Path.home() / stem))


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | Path):
        return str(value)
    raise TypeError(f"cannot export {type(value).__name__}")
