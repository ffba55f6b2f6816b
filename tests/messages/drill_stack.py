"""Everything that sends, as processes that may be killed, against fakes that keep a ledger.

What dies is started again a second later, as systemd does (systemd/*.service: RestartSec).
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
import pytest

from server import config, db, queue
from server.embedded.child import Child
from server.embedded.errors import EmbeddedError
from server.embedded.ports import choose_port
from server.keys import blind_index, master, server_keys
from server.keys import service as keys
from server.lib.clock import utc_now
from tests.fakes import processes
from tests.fakes.ledger import Entry, read
from tests.fakes.processes import FakeProcess
from tests.fakes.sendgrid import KEY
from tests.fakes.signing import SendGridKey
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN
from tests.private_services import KILL_PROOF, private_services

ROOT = Path(__file__).parents[2]
RESTART_S = 1.0
POLL_S = 0.05
START_LIMIT_S = 60
A_FEW = 10
"""Messages that were accepted show that what was killed before works again."""
MASTER_KEY = "11" * 32


class Phoenix:
    """A program that is started again a second after it has died."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._argv, self._environment, self._log = argv, environment, log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def run(self) -> None:
        """Keep it running until this is cancelled."""
        try:
            while True:
                with self._log.open("ab") as log:
                    self._process = subprocess.Popen(
                        self._argv, env=self._environment, cwd=ROOT, stdout=log, stderr=log
                    )
                while self._process.poll() is None:
                    await asyncio.sleep(POLL_S)
                await asyncio.sleep(RESTART_S)
        finally:
            if self.pid is not None and self._process is not None:
                self._process.send_signal(signal.SIGTERM)
                await asyncio.to_thread(self._process.wait, 30)


@dataclass
class DrillStack:
    """What runs: `killable` by name, each a way to its process id; the fakes' ledgers."""

    sms_ledger: Path
    mail_ledger: Path
    redis_url: str
    killable: dict[str, Callable[[], int | None]]
    server_url: str | None = None
    kills: list[tuple[float, str]] = field(default_factory=list)
    _accepted_before: int = 0

    async def kill(self, name: str) -> None:
        """Send SIGKILL to a part, as soon as all goes on after the kill before."""
        while (pid := self.killable[name]()) is None or not self._goes_on():
            await asyncio.sleep(POLL_S)
        self._accepted_before = self._count()
        with suppress(psutil.NoSuchProcess):
            psutil.Process(pid).kill()
        self.kills.append((time.time(), name))

    def _goes_on(self) -> bool:
        return self._count() >= self._accepted_before + A_FEW

    def _count(self) -> int:
        ledgers = (self.sms_ledger, self.mail_ledger)
        return sum(ledger.read_bytes().count(b"\n") for ledger in ledgers if ledger.exists())

    @property
    def accepted(self) -> list[Entry]:
        """What both fakes have accepted."""
        return [*read(self.sms_ledger), *read(self.mail_ledger)]


@contextmanager
def fakes(
    folder: Path, *, drop: float, server_url: str, delay_s: float = 0.0
) -> Iterator[dict[str, str]]:
    """Run both, each answering after `delay_s`; yield the settings that lead there."""
    key = SendGridKey()
    (folder / "sendgrid.pem").write_bytes(key.pem)
    with ExitStack() as stack:
        share = ("--drop", str(drop))
        twilio = stack.enter_context(
            processes.running("twilio", folder / "sms.jsonl", *share, "--call-back")
        )
        webhook = ("--webhook", f"{server_url}/api/webhooks/email")
        signing = ("--key", str(folder / "sendgrid.pem"))
        mail = stack.enter_context(
            processes.running("sendgrid", folder / "mail.jsonl", *share, *webhook, *signing)
        )
        for fake in (twilio, mail):
            _steer(fake, kind="slow", probability=1.0, delay_s=delay_s)
        yield {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_PHONE_NUMBER": NUMBER,
            "TWILIO_BASE_URL": twilio.url,
            "SENDGRID_API_KEY": KEY,
            "SENDGRID_FROM_EMAIL": "catchup@example.org",
            "SENDGRID_BASE_URL": mail.url,
            "SENDGRID_WEBHOOK_PUBLIC_KEY": key.public,
            "PUBLIC_URL": server_url,
        }


@asynccontextmanager
async def everything(
    folder: Path, patch: pytest.MonkeyPatch, *, drop: float = 0.0
) -> AsyncIterator[DrillStack]:
    """Run PostgreSQL, Redis, server, worker and fakes; this process writes to the database."""
    async with private_services(settings=KILL_PROOF) as services:
        for watch in services.supervisor._watches:
            watch.cancel()
        port = choose_port(None)
        with fakes(folder, drop=drop, server_url=f"http://127.0.0.1:{port}") as provider:
            environment = {
                "PATH": os.defpath,
                "PYTHONPATH": str(ROOT),
                "CATCHUP_ENV_FILE": "/dev/null",
                "ENCRYPTION_KEY": MASTER_KEY,
                "REGISTRATION": "open",
                "RATE_LIMIT_PER_MINUTE": "0",
                "LOG_LEVEL": "warning",
                "STORAGE_URL": folder.as_uri(),
                "PORT": str(port),
                **provider,
                **services.urls.environment(),
            }
            done = await asyncio.to_thread(
                subprocess.run, _catchup("migrate"), env=environment, cwd=ROOT, check=True
            )
            assert done.returncode == 0
            for name, value in environment.items():
                if name not in ("PATH", "PYTHONPATH"):
                    patch.setenv(name, value)
            programs = {
                name: Phoenix(_catchup(command), environment, folder / f"{name}.log")
                for name, command in (("worker", "worker"), ("server", "serve"))
            }
            children = {child.name: child for child in services.supervisor._children}
            stack = DrillStack(
                folder / "sms.jsonl",
                folder / "mail.jsonl",
                services.urls.environment()["REDIS_URL"],
                {name: _pid_of(part) for name, part in (programs | children).items()},
                f"http://127.0.0.1:{port}",
            )
            async with (
                _own_pool(),
                _kept(
                    [
                        *(program.run() for program in programs.values()),
                        *(_keep(child) for child in children.values()),
                    ]
                ),
            ):
                yield stack


@asynccontextmanager
async def worker_only(
    folder: Path, settings: config.Settings, *, drop: float = 0.0, delay_s: float = 0.0
) -> AsyncIterator[DrillStack]:
    """Run a worker and fakes on the database and the Redis of the tests: the quick form."""
    port = choose_port(None)
    url = f"http://127.0.0.1:{port}"
    with fakes(folder, drop=drop, server_url=url, delay_s=delay_s) as provider:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": str(port), **provider}
        worker = Phoenix(
            [sys.executable, "-m", "tests.messages.hurried_worker"],
            environment,
            folder / "worker.log",
        )
        stack = DrillStack(
            folder / "sms.jsonl",
            folder / "mail.jsonl",
            settings.redis,
            {"worker": _pid_of(worker)},
        )
        async with _kept([worker.run()]):
            yield stack


def _steer(fake: FakeProcess, **said: object) -> None:
    httpx2.post(f"{fake.url}/_fake/script", json=said, trust_env=False).raise_for_status()


def _catchup(command: str) -> list[str]:
    return [sys.executable, "-m", "server", command]


def _pid_of(part: Phoenix | Child) -> Callable[[], int | None]:
    return lambda: part.pid


@asynccontextmanager
async def _own_pool() -> AsyncIterator[None]:
    config.settings.cache_clear()
    keys.forget_boxes()
    master.forget()
    blind_index.forget()
    try:
        async with db.pool(config.settings(), max_size=8):
            await server_keys.start(now=utc_now())
            yield
    finally:
        await queue.close()
        config.settings.cache_clear()
        keys.forget_boxes()


@asynccontextmanager
async def _kept(running: Sequence[Coroutine[object, object, None]]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one) for one in running]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(child: Child) -> None:
    while True:
        await child.wait()
        await asyncio.sleep(RESTART_S)
        with suppress(EmbeddedError):
            await child.start()
