"""Lines of the log, from either end: from the files of `catchup up`, or from systemd's journal."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from heapq import merge
from itertools import chain
from pathlib import Path
from typing import Any, cast, get_args

from server.admin.schemas_logs import LogLevel
from server.embedded.kept_lines import FOLDER, SUFFIX, older

BLOCK_BYTES = 64 * 1024
UNITS = "catchup-*"
_PROCESSES = {"catchup-server": "server", "catchup-worker": "worker"}
_LEVELS = frozenset(get_args(LogLevel))


class NoLog(Exception):
    """There is no log that this process may read; its text says what to do."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `mark` tells lines of one instant apart."""

    at: datetime
    level: LogLevel
    process: str
    event: str
    fields: dict[str, Any]
    mark: str

    @property
    def key(self) -> tuple[datetime, str]:
        """Return its place among all lines."""
        return self.at, self.mark


def newest_first(home: Path) -> Iterator[LogLine]:
    """Yield every line that is kept, lazily.

    Raises:
        NoLog: neither files nor a journal can be read.
    """
    folder = home / FOLDER
    if folder.is_dir():
        return _of_files(folder)
    return _of_journal("--reverse")


def oldest_first(home: Path, *, since: datetime | None = None) -> Iterator[LogLine]:
    """Yield every line that is kept, lazily; what was before `since` may be left out.

    Raises:
        NoLog: neither files nor a journal can be read.
    """
    folder = home / FOLDER
    if folder.is_dir():
        return _of_files(folder, is_oldest_first=True)
    return _of_journal(*([f"--since=@{int(since.timestamp())}"] if since else []))


def read_line(process: str, text: str) -> LogLine | None:
    """Read one line; None: it is none of our log, or was cut."""
    try:
        found = json.loads(text)
        at = datetime.fromisoformat(found.pop("timestamp"))
        level = found.pop("level")
        event = str(found.pop("event"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if at.tzinfo is None or level not in _LEVELS:
        return None
    mark = blake2b(f"{process}\n{text}".encode(), digest_size=6).hexdigest()
    return LogLine(at, cast(LogLevel, level), process, event, found, mark)


def _of_files(folder: Path, *, is_oldest_first: bool = False) -> Iterator[LogLine]:
    streams = [
        _of_process(path.name.removesuffix(SUFFIX), path, is_oldest_first)
        for path in folder.glob(f"*{SUFFIX}")
    ]
    return merge(*streams, key=lambda line: line.key, reverse=not is_oldest_first)


def _of_process(process: str, path: Path, is_oldest_first: bool) -> Iterator[LogLine]:
    if is_oldest_first:
        texts = chain(_forwards(older(path)), _forwards(path))
    else:
        texts = chain(_backwards(path), _backwards(older(path)))
    for text in texts:
        line = read_line(process, text)
        if line is not None:
            yield line


def _backwards(path: Path) -> Iterator[str]:
    """Yield the lines of a file from its end; one that is being written is left out."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        place = file.seek(0, 2)
        rest = b""
        while place > 0:
            size = min(BLOCK_BYTES, place)
            place -= size
            file.seek(place)
            rest, *lines = (file.read(size) + rest).split(b"\n")
            for line in reversed(lines):
                if line:
                    yield line.decode("utf-8", "replace")
        if rest:
            yield rest.decode("utf-8", "replace")


def _forwards(path: Path) -> Iterator[str]:
    with suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace") as file:
        yield from (line.rstrip("\n") for line in file)


def _of_journal(*options: str) -> Iterator[LogLine]:
    program = shutil.which("journalctl")
    if program is None:
        raise NoLog("There is neither a folder of logs nor a journal on this machine.")
    argv = [program, "--output=json", "--quiet", f"--unit={UNITS}", *options]
    fields = "--output-fields=MESSAGE,_SYSTEMD_UNIT"
    reading = subprocess.Popen(  # noqa: S603 - no shell, and nothing of a caller's in it
        [*argv, fields], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    return _of_reading(reading)


def _of_reading(reading: "subprocess.Popen[str]") -> Iterator[LogLine]:
    count = 0
    with reading:
        try:
            for text in reading.stdout or ():
                count += 1
                entry = json.loads(text)
                unit = str(entry.get("_SYSTEMD_UNIT", "")).partition("@")[0]
                unit = unit.removesuffix(".service")
                line = read_line(_PROCESSES.get(unit, unit), str(entry.get("MESSAGE", "")))
                if line is not None:
                    yield line
            if count == 0 and reading.wait() != 0:
                raise NoLog(
                    "The journal cannot be read: put the server's user into the group"
                    " systemd-journal."
                )
        finally:
            reading.kill()
