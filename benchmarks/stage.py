"""A place to measure: private PostgreSQL and Redis, set up as `catchup up` does, and no bytecode
of others."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from server import config
from tests.private_services import private_services, temporary_folder

# For what no product does: filling a database without its checks.
SUPERUSER_URL = "BENCHMARK_SUPERUSER_URL"
MASTER_KEY = "11" * 32
ROOT = Path(__file__).parents[1]

Environment = Mapping[str, str]


@asynccontextmanager
async def stage() -> AsyncIterator[Environment]:
    """Yield the environment of a migrated, empty database, durable as in production."""
    async with private_services(settings={}) as services:
        with temporary_folder() as folder:
            environment = {
                **clean_environment(folder),
                **services.urls.environment(),
                "ENCRYPTION_KEY": MASTER_KEY,
                "CATCHUP_ENV_FILE": "/dev/null",
                "REGISTRATION": "open",
                SUPERUSER_URL: urlsplit(services.urls.superuser_url)
                ._replace(path=urlsplit(services.urls.owner_url).path)
                .geturl(),
            }
            await run_module(environment, "server", "migrate")
            yield environment


def clean_environment(folder: Path) -> dict[str, str]:
    """Return our environment without CatchUp's variables, with compiled modules kept in `folder`.

    An installed CatchUp runs from bytecode; a machine that forbids it would measure the compiler.
    """
    ours = {name.upper() for name in config.Settings.model_fields}
    ours |= {"PYTHONDONTWRITEBYTECODE", "CATCHUP_HOME", "CATCHUP_ENV_FILE", "NODE_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "error",
        "SENTRY_DSN": "",
    }


async def run_module(environment: Environment, module: str, *args: object) -> str:
    """Run `python -m module` in a process of its own; return what it printed.

    Raises:
        RuntimeError: it ended with an error, which is on our standard error.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *map(str, args),
        env=dict(environment),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"python -m {module} ended with {process.returncode}")
    return output.decode()


async def measure(environment: Environment, module: str, *args: object) -> dict[str, Any]:
    """Run a benchmark's own part in a fresh process; return the JSON that it printed last."""
    output = await run_module(environment, module, *args)
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found
