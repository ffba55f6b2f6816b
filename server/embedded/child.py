"""What the supervisor runs: a named child that can be started, again and again, and stopped."""

import asyncio
import signal
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from server.embedded.errors import EmbeddedError
from server.embedded.kept_lines import KeptLines
from server.embedded.orphans import RunFile
from server.embedded.process import Command, Process, StopSteps

POLL_S = 0.05
PROGRAM_START_LIMIT_S = 60
PROGRAM_STOP_STEPS: StopSteps = ((signal.SIGTERM, 15), (signal.SIGKILL, 5))


class Launcher:
    """Starts the processes of one home: forwards their lines, records them for the next start."""

    def __init__(
        self, run_file: RunFile, say: Callable[[str], None], *, logs: Path | None = None
    ) -> None:
        """`logs`: the folder for the lines of programs that log JSON."""
        self.run_file = run_file
        self.say = say
        self.logs = logs

    def spawn(self, name: str, command: Command, *, logs_json: bool = False) -> Process:
        """Start `command`; each line that it writes is said behind its `name`.

        What `logs_json` is kept in `logs`, too.

        Raises:
            EmbeddedError: it cannot be started at all.
        """
        kept = KeptLines(self.logs, name) if self.logs and logs_json else None

        def show(line: str) -> None:
            self.say(f"{name:<8} | {line}")
            if kept:
                kept.write(line)

        try:
            process = Process(command, show)
        except OSError as error:
            raise EmbeddedError(f"Cannot start {command.argv[0]}: {error.strerror}.") from error
        self.run_file.record_process(name, process.pid, command.stop_signal)
        return process


class Child(ABC):
    """A foreground process under a name. `start` may be called again when it has ended."""

    name: str
    stop_steps: StopSteps
    # What a database says at each start and stop tells a person nothing; when a start fails, the
    # error has its last lines.
    quiet_start_and_stop = False
    # Each of its lines is JSON, without anything personal.
    logs_json = False

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._process: Process | None = None

    @abstractmethod
    async def start(self) -> None:
        """Start it and return when it answers.

        Raises:
            EmbeddedError: it ended, or did not answer in time.
        """

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._process.pid if self._process and self._process.code is None else None

    async def wait(self) -> int:
        """Return its exit code once it has ended (negative: the signal that ended it)."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Stop it by `stop_steps`; nothing happens when it does not run."""
        if self._process is not None:
            self._process.muted = self.quiet_start_and_stop
            await self._process.stop(self.stop_steps)
            self._launcher.run_file.forget_process(self.name)

    def _spawn(self, command: Command) -> Process:
        self._process = self._launcher.spawn(self.name, command, logs_json=self.logs_json)
        self._process.muted = self.quiet_start_and_stop
        return self._process

    def _ended(self) -> EmbeddedError:
        lines = list(self._process.last_lines)[-5:] if self._process else []
        return EmbeddedError(f"{self.name} did not start: {' '.join(lines) or 'it said nothing'}")


class Program(Child):
    """Any other program, such as the HTTP server or the worker."""

    stop_steps = PROGRAM_STOP_STEPS
    logs_json = True

    def __init__(
        self,
        launcher: Launcher,
        name: str,
        argv: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        is_ready: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Prepare to run `argv` in `folder`, stopped by SIGTERM within 15 s.

        `is_ready` is asked until it says True, for at most 60 s; it must not raise.
        """
        super().__init__(launcher)
        self.name = name
        self._command = Command(argv, environment, folder, signal.SIGTERM)
        self._is_ready = is_ready

    async def start(self) -> None:
        """Start it and return when it is ready."""
        process = self._spawn(self._command)
        if self._is_ready is None:
            return
        deadline = asyncio.get_running_loop().time() + PROGRAM_START_LIMIT_S
        while not await self._is_ready():
            if process.code is not None:
                await process.wait()
                raise self._ended()
            if asyncio.get_running_loop().time() > deadline:
                raise EmbeddedError(
                    f"{self.name} runs but was not ready within {PROGRAM_START_LIMIT_S} s."
                )
            await asyncio.sleep(POLL_S)
