"""A server process of its own under load while what it needs is taken away, and what came of it."""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from server.embedded import roles
from server.embedded.child import Child
from server.embedded.ports import choose_port
from server.embedded.services import EmbeddedServices
from tests.private_services import KILL_PROOF, private_services
from tests.servers import database_url

START_LIMIT_S = 60
ANSWER_LIMIT_S = 15.0
PAUSE_S = 0.1
PASSWORD = "correct horse battery staple"  # of nobody
IMMEDIATE = ((signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


@dataclass(frozen=True)
class Lengths:
    """How long something is away, and how long it is looked at afterwards; seconds."""

    away_s: float
    settle_s: float


@dataclass(frozen=True)
class Answer:
    """One request and what it got; status 0 is no answer within the limit, or a cut connection."""

    began: float
    took_s: float
    name: str
    status: int
    retry_after: str
    body: bytes = field(repr=False)


@dataclass
class Stack:
    """PostgreSQL, Redis and a server process; `answers` is what its clients got so far."""

    services: EmbeddedServices
    port: int
    server: psutil.Process
    answers: list[Answer] = field(default_factory=list)

    @property
    def catchup_url(self) -> str:
        """The superuser's URL of the server's database."""
        return database_url(self.services.urls.superuser_url, roles.DATABASE)

    def child(self, name: str) -> Child:
        """Return PostgreSQL or Redis by its name."""
        return next(child for child in self.services.supervisor._children if child.name == name)

    async def ask(
        self, name: str, method: str, path: str, token: str = "", body: object = None
    ) -> Answer:
        """Make one request on a connection of its own, and note the answer."""
        began = time.monotonic()
        status, content = 0, b""
        headers: dict[str, str] = {}
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(ANSWER_LIMIT_S):
                status, headers, content = await _exchange(self.port, method, path, token, body)
        took_s = time.monotonic() - began
        answer = Answer(began, took_s, name, status, headers.get("retry-after", ""), content)
        self.answers.append(answer)
        return answer

    async def connections(self) -> tuple[int, int]:
        """Count the server's connections to PostgreSQL: all, and those that are not idle."""
        connection = await asyncpg.connect(self.services.urls.superuser_url)
        try:
            row = await connection.fetchrow(
                """SELECT count(*) AS open, count(*) FILTER (WHERE state <> 'idle') AS busy
                    FROM pg_stat_activity WHERE application_name = 'catchup'"""
            )
        finally:
            await connection.close()
        return row["open"], row["busy"]

    async def lost(self) -> int:
        """Count the groups that the server said it had made and that are not there."""
        made = {json.loads(a.body)["id"] for a in self.answers if a.status == 201}
        connection = await asyncpg.connect(self.catchup_url)
        try:
            rows = await connection.fetch("SELECT id::text FROM groups")
        finally:
            await connection.close()
        return len(made - {row["id"] for row in rows})


@dataclass(frozen=True)
class Outcome:
    """What an outage did to those who used the server."""

    requests: int
    statuses: dict[str, Counter[int]]
    unanswered: int
    without_retry_after: int
    slowest_s: float
    back_after_s: float
    lost: int
    connections: tuple[int, int]
    most_connections: int
    memory_growth_mb: float

    def __str__(self) -> str:
        by_name = "; ".join(
            f"{name} " + ", ".join(f"{code}: {n}" for code, n in sorted(counts.items()))
            for name, counts in sorted(self.statuses.items())
        )
        return (
            f"{self.requests} requests, {self.unanswered} unanswered, slowest "
            f"{self.slowest_s:.1f} s, back {self.back_after_s:.1f} s after the end, "
            f"{self.lost} acknowledged writes lost, connections (open, busy) {self.connections} "
            f"of {self.most_connections}, memory {self.memory_growth_mb:+.1f} MB\n  {by_name}"
        )


@asynccontextmanager
async def running_stack() -> AsyncIterator[Stack]:
    """Start everything as `catchup up` does, but with nobody who starts again what dies."""
    async with private_services(settings=KILL_PROOF) as services:
        for watch in services.supervisor._watches:
            watch.cancel()
        port = choose_port(None)
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "CATCHUP_ENV_FILE": "/dev/null",
            "ENCRYPTION_KEY": "11" * 32,
            "REGISTRATION": "open",
            "RATE_LIMIT_PER_MINUTE": "0",
            "LOG_LEVEL": "error",
            **services.urls.environment(),
        }
        migrated = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "migrate", env=environment,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await migrated.wait() == 0
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server", "serve", "--bind", f"127.0.0.1:{port}", env=environment
        )
        stack = Stack(services, port, psutil.Process(server.pid))
        try:
            async with asyncio.timeout(START_LIMIT_S):
                while (await stack.ask("start", "GET", "/health")).status != 200:
                    await asyncio.sleep(0.1)
            yield stack
        finally:
            server.terminate()
            await server.wait()


async def suffer(
    stack: Stack,
    take: Callable[[], Awaitable[None]],
    give_back: Callable[[], Awaitable[None]],
    *,
    tokens: Sequence[str],
    lengths: Lengths,
) -> Outcome:
    """Let one client for each of `tokens` use the server before, while and after it is away."""
    stack.answers.clear()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number, token in enumerate(tokens):
            group.create_task(_use(stack, number, token, stop))
        await asyncio.sleep(1)
        memory = stack.server.memory_info().rss
        taken = time.monotonic()
        await take()
        await asyncio.sleep(lengths.away_s)
        await give_back()
        given_back = time.monotonic()
        await asyncio.sleep(lengths.settle_s)
        stop.set()
    during = [a for a in stack.answers if a.began + a.took_s >= taken]
    failed_until = max((a.began for a in during if a.status in {0, 500, 503}), default=given_back)
    statuses: dict[str, Counter[int]] = {}
    for answer in during:
        statuses.setdefault(answer.name, Counter())[answer.status] += 1
    await asyncio.sleep(0.5)
    return Outcome(
        requests=len(during),
        statuses=statuses,
        unanswered=sum(a.status == 0 for a in during),
        without_retry_after=sum(a.status == 503 and not a.retry_after for a in during),
        slowest_s=max(a.took_s for a in during),
        back_after_s=max(0.0, failed_until - given_back),
        lost=await stack.lost(),
        connections=await stack.connections(),
        most_connections=20,
        memory_growth_mb=(stack.server.memory_info().rss - memory) / 2**20,
    )


def tree(process_id: int | None) -> list[psutil.Process]:
    """Return a process with everything that it started."""
    process = psutil.Process(process_id)
    return [process, *process.children(recursive=True)]


async def _use(stack: Stack, number: int, token: str, stop: asyncio.Event) -> None:
    turn = 0
    while not stop.is_set():
        turn += 1
        name = {"name": f"Group {number} {turn} {time.monotonic()}"}
        await stack.ask("write", "POST", "/api/groups", token, name)
        await stack.ask("read", "GET", "/api/contacts", token)
        await stack.ask("health", "GET", "/health")
        await stack.ask("live", "GET", "/health/live")
        await asyncio.sleep(PAUSE_S)


async def register(stack: Stack, number: int) -> str:
    """Make a user; return the token of their session."""
    body = {"email": f"u{number}@example.org", "password": PASSWORD, "zone": "Europe/Berlin"}
    answer = await stack.ask("register", "POST", "/api/auth/register", body=body)
    assert answer.status == 201, answer.body
    return str(json.loads(answer.body)["token"])


async def _exchange(
    port: int, method: str, path: str, token: str, body: object
) -> tuple[int, dict[str, str], bytes]:
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += [f"Content-Length: {len(content)}", "Content-Type: application/json"]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        reply = await reader.read()
    finally:
        writer.close()
    head, _, rest = reply.partition(b"\r\n\r\n")
    if not head:
        return 0, {}, b""
    first, *others = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in others)}
    return int(first.split()[1]), headers, rest
