"""A channel that behaves as it is told, and remembers what it accepted on disk."""

import asyncio
import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from server.integrations.channel import (
    Absent,
    Accepted,
    Begin,
    CannotTell,
    Found,
    Outgoing,
    Refused,
    Unclear,
    unmarked,
)

Answer = Accepted | Refused | Unclear | None


class Scripted:
    """Accepts everything, but for what `script` says of the next messages.

    Of each: what to answer (None: accept), and `takes`: whether the ledger has it all the same.
    """

    def __init__(self, ledger: Path, provider: str = "twilio", *, is_marked: bool = False) -> None:
        self.provider = provider
        self.is_marked = is_marked
        self.script: list[tuple[Answer, bool]] = []
        self.sent: list[Outgoing] = []
        self.asked = 0
        self.cannot_tell: str | None = None
        self.ask_again_after_s: float | None = None
        self.is_lagging = False
        self.state: Any = "accepted"
        self.delay_s = self.delay_before_s = 0.0
        self.in_flight = self.most_in_flight = 0
        self._ledger = ledger

    async def send(
        self, outgoing: Outgoing, begin: Begin = unmarked
    ) -> Accepted | Refused | Unclear:
        await asyncio.sleep(self.delay_before_s)
        if self.is_marked:
            await begin()
        self.sent.append(outgoing)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.in_flight -= 1
        answer, takes = self.script.pop(0) if self.script else (None, True)
        if takes:
            write(self._ledger, str(outgoing.message_id))
        return answer or Accepted(f"P{outgoing.message_id.hex}")

    async def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str] = ()
    ) -> Found | Absent | CannotTell:
        self.asked += 1
        if self.cannot_tell:
            return CannotTell(self.cannot_tell, self.ask_again_after_s)
        name = f"P{outgoing.message_id.hex}"
        if self.is_lagging or name in taken or str(outgoing.message_id) not in read(self._ledger):
            return Absent()
        return Found(name, self.state, code="30003" if self.state == "failed" else None)

    async def close(self) -> None:
        """Nothing is open."""


def write(ledger: Path, line: str) -> None:
    """Append a line that survives the writer."""
    with ledger.open("a") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def read(ledger: Path) -> list[str]:
    """Return what was accepted, in order."""
    with suppress(FileNotFoundError):
        return ledger.read_text().split()
    return []
