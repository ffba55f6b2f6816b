"""Memory and processor time of processes, from /proc (Linux)."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time of the wall, our process and one of PostgreSQL's; subtract an earlier reading."""

    elapsed_s: float
    ours_s: float
    postgres_s: float

    def __sub__(self, before: Self) -> "Clocks":
        return Clocks(
            self.elapsed_s - before.elapsed_s,
            self.ours_s - before.ours_s,
            self.postgres_s - before.postgres_s,
        )


def clocks(backend: int) -> Clocks:
    """Read the clocks; `backend` is the process of PostgreSQL that works for us."""
    return Clocks(time.perf_counter(), time.process_time(), cpu_s(backend))


def pss_mb(pids: Iterable[int]) -> float:
    """Return the processes' proportional share of memory: what they share counts once in all."""
    return sum(_kb(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in pids) / 1_000


def rss_mb(pid: int) -> float:
    """Return the memory that a process holds, what it shares included."""
    return _kb(Path(f"/proc/{pid}/status"), "VmRSS:") / 1_000


def peak_rss_mb() -> float:
    """Return the most memory that this process has held since its start, or `forget_peak`."""
    return _kb(Path("/proc/self/status"), "VmHWM:") / 1_000


def forget_peak() -> None:
    """Let the peak start again from what is held now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def tree(pid: int) -> dict[int, str]:
    """Return a process and all below it: pid and command line."""
    root = psutil.Process(pid)
    found = [root, *root.children(recursive=True)]
    return {process.pid: " ".join(process.cmdline()) for process in found}


def cpu_s(pid: int) -> float:
    """Return the processor time that a living process has used, in user and system mode."""
    # After the name in brackets, which may hold spaces: utime and stime are fields 14 and 15.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def _kb(path: Path, key: str) -> int:
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1_024 // 1_000
    raise ValueError(f"{path} has no {key}")
