"""What every command needs: settings, a database for one piece of work, errors as one line."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import click
from pydantic import BaseModel

from server import config
from server.config import Settings, SettingsError
from server.errors import CatchUpError

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def sort_option(*orders: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option that says in which order a list comes; the first is the usual one."""
    return click.option(
        "--sort", type=click.Choice(orders), default=orders[0], show_default=True, help="The order."
    )


def fail(*lines: str) -> NoReturn:
    """Print an error and leave with exit code 1."""
    for line in lines:
        click.echo(f"catchup: {line}", err=True)
    sys.exit(1)


def read_settings() -> Settings:
    """Return the settings, or leave with one line for each wrong variable.

    Beside a running `catchup up` its database and Redis are used, unless others are set.
    """
    _join_embedded()
    try:
        return config.settings()
    except SettingsError as error:
        fail(*error.lines)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work` with the pool open and the keys loaded; errors become one line and exit code 1."""
    settings = read_settings()
    return run_plain(_with_database(settings, work))


def run_plain(
    work: Coroutine[Any, Any, T],
    *,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> T:
    """Run a coroutine; what a person can mend becomes one line and exit code 1."""
    import asyncpg

    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            return runner.run(work)
    except SettingsError as error:
        fail(*error.lines)
    except CatchUpError as error:
        fail(error.detail, *(f"  {f.field}: {f.message}" for f in error.fields))
    except asyncpg.UndefinedTableError:
        fail("the database has no tables yet: run `catchup migrate` first")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        fail(
            f"the database cannot be used ({type(error).__name__}).",
            "Is `make up` running in another terminal? `catchup doctor` says more.",
        )


def echo_json(value: Any) -> None:
    """Print a model, a dataclass, or a list of them as JSON."""
    click.echo(json.dumps(value, default=_plain, indent=2, ensure_ascii=False))


def say_done(says: str, done: Any, *, as_json: bool) -> None:
    """Say what an act has done: a sentence, or with --json what it touched."""
    if as_json:
        echo_json(done)
    else:
        click.echo(says)


async def _with_database(settings: Settings, work: Callable[[], Awaitable[T]]) -> T:
    from server import db, logs, queue, wiring
    from server.audit import service as audit
    from server.cli.unix_user import unix_user
    from server.keys import server_keys
    from server.lib.clock import utc_now

    logs.configure("warning")
    wiring.connect()
    try:
        async with db.pool(settings, max_size=4):
            await server_keys.start(now=utc_now())
            with audit.at_the_box(unix_user()):
                return await work()
    finally:
        await queue.close()


def _join_embedded() -> None:
    from server.embedded.urls import running_http_port, running_urls

    home = config.home()
    if (port := running_http_port(home)) is not None:
        os.environ.setdefault("PORT", str(port))
    if any(os.environ.get(name) for name in ("DATABASE_URL", "DATABASE_HOST")):
        return
    urls = running_urls(home, env_file=config.env_file(), given=os.environ)
    if urls is None:
        return
    for name, url in urls.environment().items():
        os.environ.setdefault(name, url)
    if not config.values_now("catchup_console"):
        os.environ["CATCHUP_CONSOLE"] = "true"  # as its worker has it


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"cannot print {type(value).__name__}")
