"""The private Redis: a foreground child on a loopback port, with a password."""

import asyncio
import os
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from server.embedded.account import Account, own_folder
from server.embedded.binaries import RedisBinary, version_parts
from server.embedded.child import POLL_S, Child, Launcher
from server.embedded.errors import PortTaken
from server.embedded.ports import LOOPBACK
from server.embedded.process import Command, Process

ANSWER_LIMIT_S = 2


@dataclass(frozen=True, slots=True)
class RedisOptions:
    """How to run it; its files go to `data`."""

    binary: RedisBinary
    data: Path
    account: Account | None
    password: str = field(repr=False)


class Redis(Child):
    """Redis on `port` of the loopback address; `port` may be changed until it has started."""

    name = "redis"
    quiet_start_and_stop = True
    stop_steps = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

    def __init__(self, launcher: Launcher, options: RedisOptions, port: int) -> None:
        super().__init__(launcher)
        self._options = options
        self.port = port

    async def start(self) -> None:
        """Start it and return when it answers, after it has read its files.

        Raises:
            PortTaken: another program listens on `port`.
            EmbeddedError: `did_not_start` with its last lines.
        """
        options = self._options
        self._set_aside_newer_files()
        command = Command(
            # The password comes by standard input: anyone may read a command line.
            [str(options.binary.path), "-"],
            {"PATH": os.defpath, "LC_ALL": "C"},
            options.data,
            signal.SIGTERM,
            options.account,
            self._configuration().encode(),
        )
        process = self._spawn(command)
        if not await self._answers(process):
            if "Address already in use" in "\n".join(process.last_lines):
                raise PortTaken(f"Port {self.port} is taken.")
            raise self._ended()
        process.muted = False

    def _configuration(self) -> str:
        options = self._options
        return "\n".join(
            [
                f"bind {LOOPBACK}",
                f"port {self.port}",
                f"requirepass {_quoted(options.password)}",
                f"dir {_quoted(str(options.data))}",
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                "maxmemory-policy noeviction",
                "loglevel warning",
                "always-show-logo no",
                "",
            ]
        )

    async def _answers(self, process: Process) -> bool:
        """Wait until it answers; False when it has ended instead."""
        client = redis.asyncio.Redis(
            host=LOOPBACK,
            port=self.port,
            password=self._options.password,
            socket_timeout=ANSWER_LIMIT_S,
            socket_connect_timeout=ANSWER_LIMIT_S,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            while process.code is None:
                try:
                    await client.ping()
                except (RedisError, OSError):
                    # Not yet listening, or still reading its files.
                    await asyncio.sleep(POLL_S)
                else:
                    return True
            await process.wait()
            return False
        finally:
            await client.aclose()

    def _set_aside_newer_files(self) -> None:
        """Start empty where another or a newer server wrote the files, which ours cannot read.

        Redis holds nothing that the database does not: what was queued is queued again.
        """
        options = self._options
        mine = [options.binary.flavour, options.binary.version]
        # Beside the files, not among them: those belong to another user when we are root.
        note = options.data.with_name(f"{options.data.name}-written-by")
        theirs = note.read_text("ascii").split() if note.exists() else mine
        if theirs[0] != mine[0] or version_parts(theirs[1]) > version_parts(mine[1]):
            aside = options.data.with_name(f"{options.data.name}-{'-'.join(theirs)}")
            shutil.rmtree(aside, ignore_errors=True)
            options.data.rename(aside)
            self._launcher.say(
                f"{options.binary} cannot read what {' '.join(theirs)} wrote: its files are kept "
                f"in {aside}, and the queue starts empty."
            )
        own_folder(options.data, options.account)
        note.write_text(" ".join(mine), "ascii")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
