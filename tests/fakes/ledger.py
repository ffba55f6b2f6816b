"""What a fake provider accepted, on disk before it answers: the only truth for "sent"."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted message. `message` is the outbox row's id, where the sender said it."""

    provider: str
    id: str
    to: str
    text: str
    message: str | None
    at: float


class Ledger:
    """An append-only file of JSON lines; those that come together share one fsync."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        if not path.read_bytes().endswith(b"\n") and path.stat().st_size:
            os.write(self._file, b"\n")  # the end of what a killed process began to write
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def append(self, entry: Entry) -> None:
        """Return when the entry would survive a power cut."""
        line = json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n"
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((line, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await asyncio.shield(done)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._commit, b"".join(line for line, _ in batch))
            for _, done in batch:
                done.set_result(None)

    def _commit(self, lines: bytes) -> None:
        os.write(self._file, lines)
        os.fsync(self._file)

    async def close(self) -> None:
        """Write what waits and close the file."""
        if self._writer is not None:
            await asyncio.wait([self._writer])
        os.close(self._file)


def read(path: Path) -> list[Entry]:
    """Return what was accepted so far; half a line at the end, or of a killed run, is nothing."""
    entries = []
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        try:
            entries.append(Entry(**json.loads(line)))
        except ValueError:
            continue
    return entries


def sent_twice(entries: Iterable[Entry]) -> list[str]:
    """Return what was accepted more than once: outbox ids, else recipient and text."""
    counted = Counter(entry.message or f"{entry.to}: {entry.text}" for entry in entries)
    return sorted(key for key, count in counted.items() if count > 1)


def lost(entries: Iterable[Entry], expected: Iterable[object]) -> list[str]:
    """Return those of the expected outbox ids that were never accepted."""
    return sorted({str(one) for one in expected} - {entry.message for entry in entries})
