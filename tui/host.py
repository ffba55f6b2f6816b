"""This machine, without the server: processes, units, the last lines of their logs, disk.

For when the server is down, and on the box only: a desktop knows nothing of the box.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LIMIT_S = 3.0
MOST_LINES = 12
DEFAULT_HOME = ".catchup"


@dataclass(frozen=True)
class Unit:
    """A systemd unit, or a process of `catchup up`."""

    name: str
    state: str
    detail: str = ""

    @property
    def runs(self) -> bool:
        """Whether it does its work."""
        return self.state in {"active", "running"}


@dataclass(frozen=True)
class Machine:
    """What this machine says: parts, the last log lines of the first failing one, what to run."""

    parts: tuple[Unit, ...]
    log: tuple[str, ...]
    to_run: tuple[str, ...]
    load: str


async def look(environment: Mapping[str, str]) -> Machine:
    """Read units where they are installed, else the processes of `catchup up`."""
    units = await _units()
    home = Path(environment.get("CATCHUP_HOME") or DEFAULT_HOME)
    parts = units or await asyncio.to_thread(_processes, home)
    failing = next((part for part in parts if not part.runs), None)
    log: tuple[str, ...] = ()
    if units and failing is not None:
        log = await _journal(failing.name)
    elif not units:
        log = await asyncio.to_thread(_last_lines, home)
    return Machine(
        tuple(parts), log, _to_run(failing, is_box=bool(units)), await asyncio.to_thread(_load)
    )


def _to_run(failing: Unit | None, *, is_box: bool) -> tuple[str, ...]:
    if is_box:
        name = failing.name if failing else "catchup.target"
        return (
            f"sudo systemctl restart {name}",
            f"sudo journalctl -u {name} -n 100",
            "sudo catchup doctor",
        )
    return ("catchup up", "catchup doctor")


async def _units() -> list[Unit]:
    told = await _run(
        "systemctl", "list-units", "catchup*", "postgresql*", "redis*", "--all", "--output=json"
    )
    try:
        units = [
            Unit(unit["unit"], unit["active"], unit["sub"])
            for unit in json.loads(told or "[]")
            if unit["unit"].endswith((".service", ".timer"))
        ]
    except (ValueError, KeyError, TypeError):
        return []
    return units if any(unit.name.startswith("catchup") for unit in units) else []


async def _journal(unit: str) -> tuple[str, ...]:
    told = await _run("journalctl", "-u", unit, "-n", str(MOST_LINES), "-o", "cat", "--no-pager")
    return tuple((told or "").splitlines()[-MOST_LINES:])


async def _run(*command: str) -> str | None:
    """Return what a command prints; None when it is not there, fails or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        said, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        return None
    return said.decode(errors="replace") if process.returncode == 0 else None


def _processes(home: Path) -> list[Unit]:
    import psutil

    try:
        recorded = json.loads((home / "run.json").read_text(encoding="utf-8"))["processes"]
        known = [(str(one["name"]), int(one["pid"]), float(one["started"])) for one in recorded]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    found = []
    for name, pid, started in known:
        try:
            process = psutil.Process(pid)
            # A later process may have taken the number.
            if abs(process.create_time() - started) > 2:
                raise psutil.NoSuchProcess(pid)
            with process.oneshot():
                mb = process.memory_info().rss // 2**20
            found.append(Unit(name, "running", f"pid {pid}, {mb} MB"))
        except psutil.Error:
            found.append(Unit(name, "stopped"))
    return found


def _last_lines(home: Path) -> tuple[str, ...]:
    """Return the last lines of the newest log that `catchup up` keeps."""
    try:
        logs = sorted(home.rglob("*.log"), key=lambda path: path.stat().st_mtime)
        with logs[-1].open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 8192))
            tail = file.read().decode(errors="replace").splitlines()
    except (OSError, IndexError):
        return ()
    return tuple(tail[-MOST_LINES:])


def _load() -> str:
    import psutil

    memory, disk = psutil.virtual_memory(), psutil.disk_usage("/")
    return (
        f"load {os.getloadavg()[0]:.2f}, memory {memory.percent:.0f} % of"
        f" {memory.total / 2**30:.1f} GB, disk {disk.percent:.0f} % of {disk.total / 2**30:.0f} GB"
    )
