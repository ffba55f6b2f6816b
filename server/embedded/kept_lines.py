"""What the server and the worker log, kept in files of bounded size for who looks later."""

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 8 * 2**20
"""Of one file; with the one before it a process keeps twice as much."""
FOLDER = "logs"
SUFFIX = ".jsonl"


def older(path: Path) -> Path:
    """Return the file whose lines came before those of `path`."""
    return path.with_name(f"{path.name}.1")


class KeptLines:
    """Appends the JSON lines of one process; a full disk costs lines, never the process.

    Anything else that it prints is not kept: messages of the console channel, for one.
    """

    def __init__(self, folder: Path, name: str, *, most_bytes: int = MOST_BYTES) -> None:
        self._path = folder / f"{name}{SUFFIX}"
        self._most_bytes = most_bytes
        self._file: BinaryIO | None = None

    def write(self, line: str) -> None:
        """Keep a line if it is one of the log."""
        if not line.startswith("{"):
            return
        with suppress(OSError):
            file = self._opened()
            file.write(line.encode(errors="replace") + b"\n")
            if file.tell() >= self._most_bytes:
                file.close()
                self._file = None
                self._path.replace(older(self._path))

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._file = os.fdopen(made, "ab", buffering=0)
        return self._file
