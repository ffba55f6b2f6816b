"""Memory and processor time of processes, from /proc (Linux)."""

import os
from collections.abc import Iterable
from pathlib import Path

import psutil

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def pss_mb(pids: Iterable[int]) -> float:
    """Return the processes' proportional share of memory: what they share counts once in all."""
    return sum(_kb(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in pids) / 1_000


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


def cpu_s(pids: Iterable[int]) -> float:
    """Return the processor time that living processes have used, in user and system mode."""
    total = 0.0
    for pid in pids:
        # After the name in brackets, which may hold spaces: utime and stime are fields 14 and 15.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) * _TICK_S
    return total


def _kb(path: Path, key: str) -> int:
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1_024 // 1_000
    raise ValueError(f"{path} has no {key}")
