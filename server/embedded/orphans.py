"""`run.json`: the ports and processes of the last run, and the end of those that outlived it."""

import asyncio
import json
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from server.embedded.private_files import write_private

STOP_LIMIT_S = 30
KILL_LIMIT_S = 5
POLL_S = 0.02
# A start time is computed from the boot time, which moves a little when the clock is set.
SAME_START_S = 2


@dataclass(frozen=True, slots=True)
class Recorded:
    """A process of ours: `started` (Unix seconds) tells it from a later one with its pid."""

    name: str
    pid: int
    started: float
    stop_signal: int


class RunFile:
    """The file `run.json` of one home; only the process that holds the home writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.ports: dict[str, int] = {}
        self.processes: list[Recorded] = []
        self._load()

    def record_port(self, name: str, port: int) -> None:
        """Remember the port of `name`, so that the next start takes it again."""
        if self.ports.get(name) != port:
            self.ports[name] = port
            self._save()

    def record_process(self, name: str, pid: int, stop_signal: signal.Signals) -> None:
        """Remember a process that has just been started, in place of an older one of that name."""
        try:
            started = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:
            return
        others = [process for process in self.processes if process.name != name]
        self.processes = [*others, Recorded(name, pid, started, int(stop_signal))]
        self._save()

    def forget_process(self, name: str) -> None:
        """Forget the process `name`, which has been stopped."""
        self.processes = [process for process in self.processes if process.name != name]
        self._save()

    def _load(self) -> None:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            self.ports = {str(name): int(port) for name, port in content["ports"].items()}
            self.processes = [Recorded(**process) for process in content["processes"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            # Absent or damaged: postmaster.pid still guards the database.
            self.ports, self.processes = {}, []

    def _save(self) -> None:
        content = {
            "ports": self.ports,
            "processes": [asdict(process) for process in self.processes],
        }
        # After a power cut there are no processes left to find.
        write_private(self._path, json.dumps(content, indent=1) + "\n", durable=False)


async def stop_orphans(run_file: RunFile, say: Callable[[str], None]) -> None:
    """Stop what the last run left behind, the last started first; the home must be held."""
    for recorded in reversed(run_file.processes):
        process = running(recorded)
        if process is not None:
            say(f"Stopping {recorded.name} (process {recorded.pid}), left over from the last run.")
            await stop_process(process, signal.Signals(recorded.stop_signal))
        run_file.forget_process(recorded.name)


def running(recorded: Recorded) -> psutil.Process | None:
    """Return the recorded process, None when it has ended."""
    try:
        process = psutil.Process(recorded.pid)
        same = abs(process.create_time() - recorded.started) < SAME_START_S
    except psutil.NoSuchProcess:
        return None
    return process if same and is_alive(process) else None


def is_alive(process: psutil.Process) -> bool:
    """Say whether `process` still runs; one that waits for its parent to notice has ended."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def stop_process(process: psutil.Process, number: signal.Signals) -> None:
    """Ask a process that is not our child to stop; kill it when it does not in time."""
    for wanted, limit_s in ((number, STOP_LIMIT_S), (signal.SIGKILL, KILL_LIMIT_S)):
        try:
            process.send_signal(wanted)
        except psutil.NoSuchProcess:
            return
        deadline = asyncio.get_running_loop().time() + limit_s
        while is_alive(process):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(POLL_S)
        else:
            return
