"""The real thing for the dashboard: PostgreSQL, Redis, HTTP server and worker, each a process."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import asyncpg
import httpx2
from saq import Queue

from server.embedded.ports import choose_port
from tests.databases import clone, on_server
from tests.factories import PASSWORD
from tests.http_server import STOP_LIMIT_S, HttpServer, http_server
from tests.own_redis import own_redis
from tests.servers import Servers, database_url
from tests.tui.terminal import LIMIT_S, Terminal, running_in_terminal

ADMIN = "ana@example.org"
# As whoever installed the package calls it.
CATCHUP = (sys.executable, "-m", "server")


@dataclass(frozen=True)
class RealServer:
    """A running server with an admin, ADMIN, and how to look behind its API."""

    url: str
    settings: dict[str, str] = field(repr=False)
    """What leads its commands here, beside the environment of the run."""
    admin: dict[str, Any] = field(repr=False)
    """What the admin got when they signed up."""
    database: asyncpg.Connection = field(repr=False)
    log: IO[bytes] = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """All that its commands run with."""
        return {**os.environ, **self.settings}

    def dashboard(
        self, *options: str, size: tuple[int, int] = (80, 24), **variables: str
    ) -> AbstractAsyncContextManager[Terminal]:
        """Run `catchup admin` in a terminal."""
        environment = self.environment | variables
        return running_in_terminal([*CATCHUP, "admin", *options], environment, size=size)

    def http(self, port: int) -> AbstractAsyncContextManager[HttpServer]:
        """Run another HTTP server of the same database, which a test may kill."""
        return http_server(self.log, **self.settings | {"PORT": str(port)})

    async def register(self, email: str) -> dict[str, Any]:
        """Let somebody sign up; return what they get."""
        return await _register(self.url, email)

    async def ask(self, method: str, path: str, token: str, **more: Any) -> httpx2.Response:
        """Make a request as the holder of a token."""
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=LIMIT_S) as http:
            return await http.request(method, path, headers=headers, **more)

    async def nudge(self, function: str, **ids: str) -> None:
        """Ask the worker to run a function, once: what fails has failed for good."""
        jobs = Queue.from_url(self.settings["REDIS_URL"], name="catchup")
        await jobs.enqueue(function, retries=1, **ids)
        await jobs.disconnect()

    async def console_acts(self, action: str) -> list[tuple[str, Any]]:
        """Return the audit entries of an action done from the box's console.

        Each is (user of the machine who opened that console, entry).
        """
        rows = await self.database.fetch(
            """SELECT opened.details->>'unix_user' AS unix_user, entry.*
                FROM audit_entries AS entry JOIN audit_entries AS opened
                    ON opened.action = 'console.elevated'
                    AND opened.details->>'session_id' = entry.details->>'console_session'
                WHERE entry.action = $1""",
            action,
        )
        return [(row["unix_user"], row) for row in rows]


@asynccontextmanager
async def real_server(servers: Servers, template: str, folder: Path) -> AsyncIterator[RealServer]:
    """Start one on an empty database and a Redis of its own; no process is left afterwards."""
    name = f"test_{uuid4().hex}"
    await clone(servers, template, name)
    database = await asyncpg.connect(database_url(servers.superuser_url, name))
    try:
        with own_redis(folder) as redis, (folder / "log").open("wb") as log:
            settings = {
                **servers.database_settings(name),
                "REDIS_URL": redis.url,
                "PORT": str(choose_port(None)),
                "HOME": str(folder),
            }
            async with http_server(log, **settings) as http:
                with _worker(log, settings):
                    admin = await _register(http.url, ADMIN)
                    yield RealServer(http.url, settings, admin, database, log)
    finally:
        await database.close()
        await on_server(servers, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _worker(log: IO[bytes], settings: dict[str, str]) -> Iterator[None]:
    with subprocess.Popen(
        [*CATCHUP, "worker"], env={**os.environ, **settings}, stdout=log, stderr=log
    ) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()


async def _register(url: str, email: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=LIMIT_S) as http:
        body = {"email": email, "password": PASSWORD, "zone": "Europe/Berlin"}
        reply = await http.post("/api/auth/register", json=body)
    assert reply.status_code == 201, reply.text
    found: dict[str, Any] = reply.json()
    return found
