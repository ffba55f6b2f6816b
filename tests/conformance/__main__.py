"""`python -m tests.conformance DIR`: do the API's answers agree with the facts in DIR?

Needs a PostgreSQL and a Redis as the tests do (CATCHUP_TEST_DATABASE_URL, …_REDIS_URL).
"""

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from server import config, db, migrate, wiring
from server.app import create_app
from server.keys import server_keys
from server.lib.clock import utc_now
from tests.conformance import ics

CHECKS = {"ics": ics.check}


async def run(data: Path) -> int:
    """Check everything under `data`; return the number of disagreements, each printed."""
    settings = config.settings()
    await migrate.migrate(settings)
    wiring.connect()
    total = 0
    async with db.pool(settings, max_size=8):
        await server_keys.start(now=utc_now())
        client = create_app(settings).test_client()
        for name, check in CHECKS.items():
            if not (data / name).is_dir():
                _say(f"{name}: nothing to check in {data}")
                continue
            problems = await check(data, client)
            for problem in problems:
                _say(f"{name}: {problem}")
            _say(f"{name}: {len(problems)} disagreements")
            total += len(problems)
    return total


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


async def main(data: Path) -> int:
    """Make a database, check `data` against it, drop it again."""
    superuser = os.environ["CATCHUP_TEST_DATABASE_URL"]
    name = f"conformance_{uuid4().hex}"
    _use_database(superuser, name)
    connection = await asyncpg.connect(superuser)
    await connection.execute(f"CREATE DATABASE {name} OWNER catchup_owner")
    try:
        return await run(data)
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


def _use_database(superuser: str, name: str) -> None:
    parts = urlsplit(superuser)
    for variable, role in (
        ("DATABASE_URL", "catchup_app"),
        ("DATABASE_OWNER_URL", "catchup_owner"),
        ("DATABASE_BACKUP_URL", "catchup_backup"),
    ):
        place = f"{role}@{parts.hostname}:{parts.port}"
        os.environ[variable] = urlunsplit(parts._replace(netloc=place, path=f"/{name}"))
    os.environ.update(
        CATCHUP_ENV_FILE="/dev/null",
        ENCRYPTION_KEY="11" * 32,
        REDIS_URL=os.environ["CATCHUP_TEST_REDIS_URL"],
        REGISTRATION="open",
        LOG_LEVEL="error",
    )
    config.settings.cache_clear()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m tests.conformance DIR")
    sys.exit(1 if asyncio.run(main(Path(sys.argv[1]))) else 0)
