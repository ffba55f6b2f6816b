"""What `catchup up` runs in a home, as another process sees it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import psutil

from server.embedded.orphans import Recorded, RunFile, running


@dataclass(frozen=True, slots=True)
class Seen:
    """A recorded process; figures are None when it has ended. CPU: of a core, since the last look.

    `started`: Unix seconds.
    """

    name: str
    pid: int
    started: float
    cpu_percent: float | None
    memory_bytes: int | None


def list_running(home: Path) -> list[Seen]:
    """Return the processes of the `catchup up` of `home`; none where it does not run."""
    recorded = RunFile(home / "run.json").processes
    found = [_seen(one) for one in recorded]
    return found if any(one.memory_bytes is not None for one in found) else []


def _seen(recorded: Recorded) -> Seen:
    if running(recorded) is None:
        return Seen(recorded.name, recorded.pid, recorded.started, None, None)
    try:
        process = _process(recorded.pid, recorded.started)
        cpu_percent, memory_bytes = process.cpu_percent(), process.memory_info().rss
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return Seen(recorded.name, recorded.pid, recorded.started, None, None)
    return Seen(recorded.name, recorded.pid, recorded.started, round(cpu_percent), memory_bytes)


@lru_cache(maxsize=16)
def _process(pid: int, _started: float) -> psutil.Process:
    """Return the same object at each look: it knows what was used at the one before."""
    return psutil.Process(pid)
