"""The private PostgreSQL: a foreground child on a loopback port, with passwords."""

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from server.embedded.account import Account
from server.embedded.binaries import PostgresBinaries
from server.embedded.child import POLL_S, Child, Launcher
from server.embedded.cluster import clear_leftovers
from server.embedded.errors import EmbeddedError, PortTaken
from server.embedded.ports import LOOPBACK
from server.embedded.process import Command, Process

SUPERUSER = "postgres"
CONNECT_LIMIT_S = 10
# A killed server's children take a moment to leave; until then its data folder is refused.
LEAVING_LIMIT_S = 10
LEAVING_SIGNS = ("another postmaster", "pre-existing shared memory block")

# For a household on a small machine; its data fits into the operating system's cache.
SETTINGS: Mapping[str, str] = {
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "maintenance_work_mem": "32MB",
    "max_wal_size": "256MB",
    "min_wal_size": "64MB",
    "max_worker_processes": "4",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "1000",
    # What it does goes to the launcher's output; statements and values, which hold people's
    # data, do not. In the server's log, `log` ranks above `error`.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_line_prefix": "",
}


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """How to run it; `settings` beats our own, and tests pass `fsync=off` there."""

    binaries: PostgresBinaries
    data: Path
    account: Account | None
    superuser_password: str = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)


class Postgres(Child):
    """PostgreSQL on `port` of the loopback address; `port` may be changed until it has started."""

    name = "postgres"
    quiet_start_and_stop = True
    # Fast: roll back and leave. Immediate: leave now, and recover from the log at the next start.
    stop_steps = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, launcher: Launcher, options: PostgresOptions, port: int) -> None:
        super().__init__(launcher)
        self._options = options
        self.port = port

    async def start(self) -> None:
        """Start it and return when it answers, after recovery if it was killed.

        Raises:
            PortTaken: another program listens on `port`.
            EmbeddedError: `wrong_password`, or `did_not_start` with its last lines.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LEAVING_LIMIT_S
        while True:
            await clear_leftovers(self._options.data, self._launcher.say)
            process = self._spawn(self._command())
            if await self._accepts(process):
                break
            said = "\n".join(process.last_lines)
            if "Address already in use" in said:
                raise PortTaken(f"Port {self.port} is taken.")
            if not any(sign in said for sign in LEAVING_SIGNS) or loop.time() > deadline:
                raise self._ended()
            await asyncio.sleep(POLL_S * 4)
        await (await self.connect("postgres")).close()
        process.muted = False

    async def connect(self, database: str) -> asyncpg.Connection:
        """Return a superuser's connection to `database`.

        Raises:
            EmbeddedError: `wrong_password`: the `env` file and the database do not belong together.
        """
        try:
            return await asyncpg.connect(
                host=LOOPBACK,
                port=self.port,
                user=SUPERUSER,
                password=self._options.superuser_password,
                database=database,
                ssl=False,
                timeout=CONNECT_LIMIT_S,
            )
        except asyncpg.InvalidPasswordError as error:
            raise EmbeddedError(
                f"The database in {self._options.data} was made with another `env` file: its "
                "password differs. Put the file of that database back.",
                code="wrong_password",
            ) from error
        except (OSError, asyncpg.PostgresError) as error:
            raise EmbeddedError(f"PostgreSQL runs but does not answer: {error}") from error

    def _command(self) -> Command:
        options = self._options
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            **SETTINGS,
            **options.settings,
        }
        if options.binaries.major >= 18:
            # Three processes that only read ahead are too many for 32 MB of buffers.
            settings.setdefault("io_method", "sync")
        argv = [str(options.binaries.program("postgres")), "-D", str(options.data)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        return Command(argv, environment, options.data, signal.SIGINT, options.account)

    async def _accepts(self, process: Process) -> bool:
        """Wait until it takes connections; False when it has ended instead."""
        # The file tells without a connection, which would be refused and logged during recovery.
        state = self._options.data / "postmaster.pid"
        while process.code is None:
            try:
                lines = state.read_text("utf-8").split("\n")
            except FileNotFoundError:
                lines = []
            if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return True
            await asyncio.sleep(POLL_S)
        await process.wait()
        return False
