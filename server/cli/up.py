"""`catchup up`: everything in the foreground, on a machine that has nothing."""

import asyncio
import os
import secrets
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import asyncpg
import click

from server import config, migration_state
from server.cli.session import fail
from server.config import Settings, SettingsError
from server.embedded.child import Program
from server.embedded.errors import EmbeddedError
from server.embedded.ports import is_free, next_free_port
from server.embedded.private_files import write_private
from server.embedded.services import EmbeddedServices
from server.embedded.supervisor import run_until_signal
from server.embedded.urls import Urls

ANSWER_LIMIT_S = 2
_NOT_MIGRATED = "The database's schema could not be brought up to date; see above."
_NOT_FILLED = "The demo household could not be made; see above."
_NOT_THERE = (
    "--demo makes a database of its own, so that no other is filled with made-up people: unset"
    " DATABASE_URL and DATABASE_HOST."
)
STOPPED = (128 + signal.SIGINT, 128 + signal.SIGTERM)


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="HTTP port; default PORT, or 3000.")
@click.option("--demo", is_flag=True, help="With a made-up household, in a home of its own.")
def up(port: int | None, demo: bool) -> None:
    """Run CatchUp here: PostgreSQL and Redis of its own, HTTP server, worker. Ctrl-C stops all.

    Data and secrets live in CATCHUP_HOME (default ./.catchup). DATABASE_URL or REDIS_URL, when
    set, are used instead of the private ones. With --demo all lives in CATCHUP_HOME-demo, so
    that nothing of yours is touched; delete that folder to be rid of it. DATABASE_URL and
    DATABASE_HOST must not be set then.

    \b
    Examples:
      catchup up
      catchup up --demo
      CATCHUP_HOME=/srv/second catchup up --port 3100
    """
    if demo:
        os.environ["CATCHUP_HOME"] = f"{config.home()}-demo"
    try:
        settings = config.load()
        if demo and (settings.database_url or settings.database_host):
            fail(_NOT_THERE)
        code = run_until_signal(_up(settings, port, demo=demo), _say)
    except SettingsError as error:
        fail(*error.lines)
    except EmbeddedError as error:
        fail(error.detail)
    # Stopped on purpose: `make` need not call that an error.
    sys.exit(0 if code in STOPPED else code)


async def _up(settings: Settings, port: int | None, *, demo: bool) -> None:
    services = EmbeddedServices(
        config.home(),
        say=_say,
        mode=settings.catchup_embedded,
        env_file=config.env_file(),
        given=os.environ,
        with_postgres=not (settings.database_url or settings.database_host),
        with_redis=not (settings.redis_url or settings.redis_host),
    )
    async with services:
        # Only now: what was left of a killed run has been stopped and holds the port no more.
        chosen = _choose_port(settings, port)
        _say_what_runs(services)
        environment = {
            **os.environ,
            **services.urls.environment(),
            "PORT": str(chosen),
            "CATCHUP_HOME": str(config.home()),
        }
        if "catchup_console" not in settings.model_fields_set:
            environment["CATCHUP_CONSOLE"] = "true"  # without a provider messages are read here
        if not await _is_current(settings, services.urls):
            await _run("migrate", environment, failed=_NOT_MIGRATED)
        password = await _fill_demo(environment) if demo else None
        url = f"http://127.0.0.1:{chosen}"
        # For commands in another terminal: their links lead here.
        services.launcher.run_file.record_port("server", chosen)
        await _start(services, "server", "serve", environment, ready_url=f"{url}/health/live")
        await _start(services, "worker", "worker", environment)
        _say_where(url, password)
        await asyncio.Event().wait()


def _choose_port(settings: Settings, asked: int | None) -> int:
    """An explicit port that is busy stops the start; the default moves on and says so."""
    port = asked or settings.port
    if is_free(port):
        return port
    if asked or "port" in settings.model_fields_set:
        raise EmbeddedError(
            f"PORT: {port} is in use by another program. Stop that one, or set another PORT."
        )
    free = next_free_port(port + 1)
    if free is None:
        raise EmbeddedError(f"PORT: {port} and the hundred after it are in use. Set PORT.")
    _say(f"Port {port} is in use by another program; using {free}.")
    return free


async def _is_current(settings: Settings, urls: Urls) -> bool:
    """Ask in this process: most starts then need no other one, which would cost a second."""
    try:
        return await migration_state.is_current(
            urls.owner_url or settings.owner_database,
            urls.app_url or settings.database,
            urls.backup_url or settings.backup_database,
        )
    except (OSError, asyncpg.PostgresError):
        return False  # `catchup migrate` says what is wrong


async def _run(command: str, environment: Mapping[str, str], *, failed: str) -> None:
    """In a process of its own: this one stays small, as it only watches the others."""
    process = await asyncio.create_subprocess_exec(
        *_catchup(command), env=environment, start_new_session=True
    )
    if await process.wait() != 0:
        raise EmbeddedError(failed)


async def _fill_demo(environment: Mapping[str, str]) -> str:
    """Make the demo household at the first start; return its members' password."""
    file, made = config.home() / "demo-password", config.home() / "demo-made"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(12) + "\n")
    password = file.read_text(encoding="utf-8").strip()
    if not made.exists():
        await _run("demo", {**environment, "CATCHUP_DEMO_PASSWORD": password}, failed=_NOT_FILLED)
        made.touch()
    return password


async def _start(
    services: EmbeddedServices,
    name: str,
    command: str,
    environment: Mapping[str, str],
    *,
    ready_url: str | None = None,
) -> None:
    async def is_ready() -> bool:
        return ready_url is None or await asyncio.to_thread(_answers, ready_url)

    program = Program(
        services.launcher,
        name,
        _catchup(command),
        environment=environment,
        folder=Path.cwd(),
        is_ready=is_ready,
    )
    await services.supervisor.start(program)


def _catchup(command: str) -> list[str]:
    return [sys.executable, "-m", "server", command]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_LIMIT_S) as reply:  # noqa: S310 - ours
            return bool(reply.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _say_what_runs(services: EmbeddedServices) -> None:
    if services.postgres_binaries:
        _say(f"{services.postgres_binaries} runs; its files are in {services.data_folder}.")
    if services.redis_binary:
        _say(f"{services.redis_binary} runs.")


def _say_where(url: str, demo_password: str | None) -> None:
    _say("")
    _say(f"CatchUp runs at {url}")
    _say(f"  API docs:   {url}/api/docs")
    _say(f"  Health:     {url}/health")
    if demo_password is not None:
        _say(f"  Sign in as: mara@demo.example or jonas@demo.example, password {demo_password}")
        _say(f"  Commands:   CATCHUP_HOME={config.home()} catchup suggest --user mara@demo.example")
    else:
        _say("  First user: catchup users create you@example.org --zone Europe/Berlin")
        _say("              (in another terminal, as .venv/bin/catchup; the first is the admin)")
    _say("  Stop:       Ctrl-C")


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()
