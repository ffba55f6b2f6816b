"""`python -m tests.conformance DIR`: do the API's answers agree with the facts in DIR?

Runs against a PostgreSQL and a Redis of its own, or those of CATCHUP_TEST_DATABASE_URL and
CATCHUP_TEST_REDIS_URL; the database is new and gone afterwards. Exits 1 on a disagreement.
"""

import asyncio
import os
import sys
from pathlib import Path
from uuid import uuid4

import asyncpg

from server import config, db, migrate, wiring
from server.app import create_app
from server.keys import server_keys
from server.lib.clock import utc_now
from tests.conformance import email_replies, ics, tables, text, vcard, webhooks
from tests.conformance.say import say
from tests.servers import Servers, running_servers

CHECKS = {
    "vcard": vcard.check,
    "csv": tables.check,
    "ics": ics.check,
    "text": text.check,
    "email_replies": email_replies.check,
    "webhooks": webhooks.check,
}


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
                say(f"{name}: nothing to check in {data}")
                continue
            problems = await check(data, client)
            for problem in problems:
                say(f"{name}: {problem}")
            say(f"{name}: {len(problems)} disagreements")
            total += len(problems)
    return total


async def main(data: Path, servers: Servers) -> int:
    """Make a database, check `data` against it, drop it again."""
    name = f"conformance_{uuid4().hex}"
    _set_environment(servers, name)
    connection = await asyncpg.connect(servers.superuser_url)
    await connection.execute(f"CREATE DATABASE {name} OWNER catchup_owner")
    try:
        return await run(data)
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


def _set_environment(servers: Servers, database: str) -> None:
    """Nothing of the caller's own environment or files counts."""
    for name in config.Settings.model_fields:
        os.environ.pop(name.upper(), None)
    os.environ.update(
        servers.database_settings(database),
        CATCHUP_ENV_FILE="/dev/null",
        ENCRYPTION_KEY="11" * 32,
        REDIS_URL=servers.redis_url,
        REGISTRATION="open",
        LOG_LEVEL="error",
        RATE_LIMIT_PER_MINUTE="0",
    )
    config.settings.cache_clear()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m tests.conformance DIR")
    with running_servers() as found:
        disagreements = asyncio.run(main(Path(sys.argv[1]), found))
    sys.exit(1 if disagreements else 0)
